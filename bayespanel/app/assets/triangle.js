"use strict";

// Variables can be dragged onto the triangle. Lists below it say the same, for the keyboard and for fingers; both
// follow each other.
function makeDraggable(fields) {
  fields.dataset.drawn = "yes";
  const lists = [...fields.querySelectorAll("select")];
  if (!lists.length) return;
  const board = document.createElement("div");
  board.className = "board";
  board.setAttribute("aria-hidden", "true");
  const places = new Map();
  const values = [...lists[0].options].map((option) => option.value);
  for (const value of ["child", "parent", "school", ""]) {
    if (value && !values.includes(value)) continue;
    const place = document.createElement("div");
    place.className = `corner ${value || "nowhere"}`;
    const heading = document.createElement("span");
    heading.className = "vertex";
    heading.textContent = value || "not placed";
    place.append(heading);
    place.addEventListener("dragover", (event) => { event.preventDefault(); place.classList.add("over"); });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.classList.remove("over");
      const list = lists.find((one) => one.id === event.dataTransfer.getData("text/plain"));
      if (!list || ![...list.options].some((option) => option.value === value)) return;
      list.value = value;
      list.dispatchEvent(new Event("change", { bubbles: true }));
    });
    places.set(value, place);
    board.append(place);
  }
  const put = (chip, list) => (places.get(list.value) ?? places.get("")).append(chip);
  for (const list of lists) {
    const chip = document.createElement("span");
    chip.className = "chip";
    chip.draggable = true;
    chip.textContent = list.labels[0].textContent.trim();
    chip.addEventListener("dragstart", (event) => event.dataTransfer.setData("text/plain", list.id));
    list.addEventListener("change", () => put(chip, list));
    put(chip, list);
  }
  fields.querySelector(".parts").before(board);
}

new MutationObserver(() => {
  for (const fields of document.querySelectorAll("fieldset.on-triangle:not([data-drawn])")) makeDraggable(fields);
}).observe(document, { childList: true, subtree: true });
