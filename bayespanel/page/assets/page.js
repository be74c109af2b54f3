"use strict";

// Sort: by a column's raw value, else its text; what is missing comes last, what failed stays on top.
function makeSortable(table, say) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const headings = [...table.tHead.rows[0].cells];
  const value = (row, i) => {
    const cell = row.cells[i];
    return cell.dataset.key !== undefined ? Number(cell.dataset.key) : cell.textContent.trim();
  };
  const missing = (x) => x === "–";
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b), "en", { numeric: true, sensitivity: "base" });
  const sort = (heading, i) => {
    const next = { none: "ascending", ascending: "descending", descending: "none" };
    const order = next[heading.getAttribute("aria-sort") || "none"];
    for (const other of headings) other.removeAttribute("aria-sort");
    const rows = [...original];
    if (order !== "none") {
      heading.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      rows.sort((r, s) => {
        const failed = s.classList.contains("failed") - r.classList.contains("failed");
        const [a, b] = [value(r, i), value(s, i)];
        return failed || missing(a) - missing(b) || sign * compare(a, b);
      });
    }
    body.append(...rows);
    say(order === "none" ? "Sorted as first shown." : `Sorted by ${heading.textContent.trim()}, ${order}.`);
  };
  headings.forEach((heading, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(heading, i));
    heading.append(button);
  });
}

// Filter: by the chosen values and the text; what failed is never hidden.
function makeFilterable(filters, table, say) {
  const rows = [...table.tBodies[0].rows];
  const selects = [...filters.querySelectorAll("select")];
  const search = filters.querySelector("input");
  const plain = (text) => text.toLowerCase().replaceAll("−", "-").replaceAll("→", "->").replaceAll("\u2007", "");
  const texts = new Map(rows.map((row) => [row, plain(row.textContent.replace(/\s+/g, " "))]));
  const fits = (row) =>
    selects.every((s) => !s.value || row.getAttribute(`data-filter-${s.dataset.filter}`) === s.value) &&
    texts.get(row).includes(plain(search.value.trim().replace(/\s+/g, " ")));
  const apply = () => {
    for (const row of rows) row.hidden = !row.classList.contains("failed") && !fits(row);
    const shown = rows.filter((row) => !row.hidden);
    const kept = shown.filter((row) => !fits(row)).length;
    const why = kept ? `; ${kept} of them because ${kept === 1 ? "it" : "they"} failed` : "";
    say(shown.length < rows.length ? `${shown.length} of ${rows.length} rows shown${why}.` : `All ${rows.length} rows shown.`);
  };
  for (const select of selects) select.addEventListener("change", apply);
  search.addEventListener("input", apply);
  filters.querySelector("button.all").addEventListener("click", () => {
    for (const control of [...selects, search]) control.value = "";
    apply();
  });
  filters.hidden = false;
}

function button(text, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "small";
  made.textContent = text;
  made.addEventListener("click", () => action(made));
  return made;
}

// Enlarge: a figure that is shown smaller than it was drawn can be read at full size, scrolling in its own box.
function makeEnlargeable(figure) {
  const image = figure.querySelector("img");
  const frame = figure.querySelector(".frame");
  const toggle = button("Enlarge", () => {
    const large = figure.classList.toggle("large");
    toggle.textContent = large ? "Fit to the page" : "Enlarge";
    if (large) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
  });
  frame.after(toggle);
  const fit = () => {
    toggle.hidden = !figure.classList.contains("large") && image.clientWidth > 0.9 * Number(image.getAttribute("width"));
  };
  new ResizeObserver(fit).observe(figure);
}

// Tell: what is pointed at, or reached by the Tab key, is said below its figure.
function makeTelling(figure, spots) {
  const told = document.createElement("p");
  const idle = "Point at an arrow, or go to it with the Tab key, to read its evidence.";
  told.className = "told";
  told.textContent = idle;
  figure.querySelector(".frame").after(told);
  for (const spot of spots.querySelectorAll("path")) {
    const words = spot.getAttribute("aria-label");
    spot.querySelector("title").remove(); // the words stand below
    for (const event of ["mouseenter", "focus"]) spot.addEventListener(event, () => { told.textContent = words; });
    for (const event of ["mouseleave", "blur"]) spot.addEventListener(event, () => { told.textContent = idle; });
  }
}

// Copy: lines of code to the clipboard; where a browser forbids that, they are selected.
function makeCopyable(block) {
  const pre = block.querySelector("pre");
  block.append(
    button("Copy", async (made) => {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        made.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(pre);
        made.textContent = "Selected: copy with Ctrl+C";
      }
      setTimeout(() => { made.textContent = "Copy"; }, 3000);
    }),
  );
}

for (const part of document.querySelectorAll(".table")) {
  const table = part.querySelector("table");
  const status = part.querySelector(".status");
  const said = [status.textContent, "", ""];
  const say = (i) => (text) => {
    said[i] = text;
    status.textContent = said.filter(Boolean).join(" ");
  };
  const filters = part.querySelector(".filters");
  if (filters) makeFilterable(filters, table, say(1));
  if ("sortable" in table.dataset) makeSortable(table, say(2));
}
for (const figure of document.querySelectorAll(".picture")) {
  makeEnlargeable(figure);
  const spots = figure.querySelector(".spots");
  if (spots) makeTelling(figure, spots);
}
for (const block of document.querySelectorAll(".code")) makeCopyable(block);

// What does not scroll needs neither a stop of the tab key nor to be a landmark with a name.
const landmark = ["tabindex", "role", "aria-label", "aria-labelledby"];
const given = new Map();
const watch = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const fits = target.scrollWidth <= target.clientWidth + 1;
    target.classList.toggle("fits", fits);
    for (const [name, value] of given.get(target)) {
      if (fits) target.removeAttribute(name);
      else target.setAttribute(name, value);
    }
  }
});
for (const box of document.querySelectorAll(".scroll, pre")) {
  given.set(box, landmark.filter((name) => box.hasAttribute(name)).map((name) => [name, box.getAttribute(name)]));
  watch.observe(box);
}

if (matchMedia("(max-width: 64rem)").matches) document.querySelector("nav details").open = false;
