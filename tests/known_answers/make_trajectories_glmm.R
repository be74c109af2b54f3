# Maximum likelihood of one class of ordered scores and of numbers of events, by R packages that have them.
#
# By hand, from the root of the project:
#   python -m tests.families.trajectories.glmm_table FOLDER && Rscript tests/known_answers/make_trajectories_glmm.R FOLDER
# Writes tests/known_answers/trajectories_glmm.csv: model, name, estimate; log-likelihoods where the package has all
# constants (lme4 with quadrature leaves some out).

folder <- commandArgs(trailingOnly = TRUE)[1]
suppressMessages({library(ordinal); library(MASS); library(pscl); library(lme4)})
rows <- data.frame()
add <- function(model, ...) {
  values <- c(...)
  rows <<- rbind(rows, data.frame(model = model, name = names(values), estimate = unname(values)))
}

ordered_scores <- read.csv(file.path(folder, "ordered.csv"))
ordered_scores$y <- factor(ordered_scores$y, ordered = TRUE)
ordered_scores$pupil <- factor(ordered_scores$pupil)
plain <- clm(y ~ time, data = ordered_scores, link = "logit", control = clm.control(gradTol = 1e-10))
add("ordered", log_likelihood = as.numeric(logLik(plain)), level = -plain$alpha[[1]], slope = plain$beta[["time"]],
    gap = plain$alpha[[2]] - plain$alpha[[1]])
mixed <- clmm(y ~ time + (1 | pupil), data = ordered_scores, link = "logit", nAGQ = 30)
add("ordered with intercepts", log_likelihood = as.numeric(logLik(mixed)), level = -mixed$alpha[[1]],
    slope = mixed$beta[["time"]], gap = mixed$alpha[[2]] - mixed$alpha[[1]],
    random_sd = as.numeric(sqrt(VarCorr(mixed)$pupil[1, 1])))

events <- read.csv(file.path(folder, "counts.csv"))
events$pupil <- factor(events$pupil)
counts <- glm.nb(y ~ time, data = events, control = glm.control(epsilon = 1e-12, maxit = 100))
add("counts", log_likelihood = as.numeric(logLik(counts)), level = coef(counts)[[1]], slope = coef(counts)[[2]],
    dispersion = 1 / counts$theta)
zeros <- zeroinfl(y ~ time | 1, data = read.csv(file.path(folder, "zeros.csv")), dist = "negbin", control = zeroinfl.control(reltol = 1e-14))
add("counts with zeros", log_likelihood = as.numeric(logLik(zeros)), level = coef(zeros)[[1]], slope = coef(zeros)[[2]],
    zero_inflation = coef(zeros)[[3]], dispersion = 1 / zeros$theta)
theta <- 2.5  # held: lme4 has no maximum for it beside quadrature
random <- glmer(y ~ time + (1 | pupil), data = events, family = negative.binomial(theta), nAGQ = 25,
                control = glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9)))
add("counts with intercepts (dispersion held)", level = fixef(random)[[1]], slope = fixef(random)[[2]],
    random_sd = attr(VarCorr(random)$pupil, "stddev")[[1]], dispersion = 1 / theta)

rows$estimate <- sprintf("%.8f", rows$estimate)
write.csv(rows, "tests/known_answers/trajectories_glmm.csv", row.names = FALSE, quote = FALSE)
for (name in c("ordinal", "MASS", "pscl", "lme4")) cat(name, as.character(packageVersion(name)), "\n")
