# bayespanel from R, by its command line: base R alone, and no Python inside R's process.
#
#   source("bayespanel.R")
#   fit <- bp_fit(pupils, "spillover-depression", pupil = "pupil", wave = "wave", school = "school")
#   fit             # the answer in words
#   fit$evidence    # a data frame with a row per pathway
#   fit$checks
#   draws <- bp_draws(fit)    # for posterior::as_draws_df and bayesplot

# Where the program is, if it is not on the PATH: options(bayespanel.program = "/home/me/.venv/bin/bayespanel").

#' Run the program, and return the lines it prints. What it says besides (progress, notes) is a message.
#'
#' @param ... Words of the command line, such as "models", "spillover".
#' @param quiet Whether to keep notes back.
#' @return Lines of its output, with the exit code as attribute "code": 0, or 3 where a check failed, which is a warning,
#'   or 4 where a table or figure could not be written. Any other code is an error with the program's own words.
bayespanel <- function(..., quiet = FALSE) {
  program <- getOption("bayespanel.program", unname(Sys.which("bayespanel")))
  if (!nzchar(program)) {
    stop("bayespanel is not on the PATH. Say where it is: options(bayespanel.program = \"/path/to/bayespanel\").",
         call. = FALSE)
  }
  errors <- tempfile()
  on.exit(unlink(errors))
  said <- suppressWarnings(system2(program, shQuote(c(...)), stdout = TRUE, stderr = errors))
  code <- attr(said, "status")
  code <- if (is.null(code)) 0L else as.integer(code)
  heard <- paste(readLines(errors, warn = FALSE), collapse = "\n")
  if (!code %in% c(0L, 3L, 4L)) stop(heard, call. = FALSE)
  if (nzchar(heard) && !quiet) message(heard)
  if (code == 3L) warning("A check failed: see $checks before you use a number.", call. = FALSE)
  structure(as.character(said), code = code)
}

#' Turn named arguments into options: target_accept = 0.95 becomes --target-accept 0.95, TRUE a word without a value, a
#' vector A,B, and a list, as in wide = list(reading = c("r1", "r2")), one --wide reading=r1,r2 for each of its members.
bp_options <- function(arguments) {
  words <- character()
  for (name in names(arguments)) {
    option <- paste0("--", gsub("_", "-", name, fixed = TRUE))
    value <- arguments[[name]]
    if (isTRUE(value)) {
      words <- c(words, option)
    } else if (is.list(value)) {
      for (part in names(value)) words <- c(words, option, paste0(part, "=", paste(value[[part]], collapse = ",")))
    } else if (!isFALSE(value) && !is.null(value)) {
      words <- c(words, option, paste(format(value, trim = TRUE, digits = 15, scientific = FALSE), collapse = ","))
    }
  }
  words
}

#' Fit the model of a card to a data frame.
#'
#' @param data A data frame, or the path of a file.
#' @param card The name of a card, or the path of your own .toml file.
#' @param ... Options of `bayespanel fit`, with underscores: pupil = "id", sampler = "auto", seed = 1.
#' @param folder Where results go; a new folder of this session if you name none.
#' @return A list of class "bp_fit": folder, answer (lines), evidence and checks (data frames).
bp_fit <- function(data, card, ..., folder = tempfile("bayespanel_")) {
  path <- data
  if (is.data.frame(data)) {
    path <- tempfile(fileext = ".csv")
    on.exit(unlink(path))
    utils::write.csv(data, path, row.names = FALSE, na = "")
  }
  bayespanel("fit", card, path, "--output", folder, "--quiet", bp_options(list(...)))
  bp_load(folder)
}

#' Read the folder that a fit was written into.
#'
#' @param folder Its path.
bp_load <- function(folder) {
  said <- suppressWarnings(bayespanel("evidence", folder, quiet = TRUE))
  end <- match("", said, nomatch = length(said) + 1L)
  read <- function(name) utils::read.csv(file.path(folder, name), check.names = FALSE, stringsAsFactors = FALSE)
  structure(
    list(folder = folder, answer = said[seq_len(end - 1L)], evidence = read("evidence.csv"), checks = read("checks.csv")),
    class = "bp_fit"
  )
}

print.bp_fit <- function(x, ...) {
  cat(x$answer, sep = "\n")
  cat("\nIn", x$folder, "\n")
  invisible(x)
}

#' Draws of a fit as a data frame with a row per draw, for posterior::as_draws_df().
#'
#' @param fit What bp_fit or bp_load returned.
bp_draws <- function(fit) {
  path <- tempfile(fileext = ".csv")
  on.exit(unlink(path))
  bayespanel("draws", fit$folder, "--output", path)
  utils::read.csv(path, check.names = FALSE)
}

#' Write the report page of a fit, and return its path.
#'
#' @param fit What bp_fit or bp_load returned.
#' @param folder Folder of the page, its figures and its tables.
bp_report <- function(fit, folder = file.path(fit$folder, "report")) {
  bayespanel("report", fit$folder, "--output", folder, "--quiet")
  invisible(file.path(folder, "index.html"))
}
