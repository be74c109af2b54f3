"""Counts of events: the likelihood is that of scipy pupil by pupil, and the posterior that of a quadrature."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

import bayespanel as bp
from bayespanel.families.door import family_of
from bayespanel.families.trial.build import build
from bayespanel.families.trial.counted import counted
from bayespanel.families.trial.fit_rows import NUMBERS, _filled, fit_rows
from bayespanel.families.trial.statistics import data_for
from tests.families.trial.tables import ARMS, table, trial
from tests.families.trial.test_ordinal import log_likelihood, some_point
from tests.plain import PLAIN


def numbers(copies: int = 1) -> pd.DataFrame:
    """Return pupils with many events (calm) and few (kind)."""
    frame = table()
    rng = np.random.default_rng(8)
    for name, mean in (("calm", 6.0), ("kind", 0.7)):
        seen = frame[name].notna()
        drawn = rng.poisson(mean * rng.gamma(1.5, size=len(frame)) / 1.5)
        frame[name] = np.where(seen, np.minimum(drawn, 14), np.nan)  # more would be taken for slips
    frame["age"] = (2 * frame["age"]).round() / 2
    frame["calm_pre"] = (frame["calm_pre"] / 10).round()
    return pd.concat([frame] * copies, ignore_index=True)


def events(frame: pd.DataFrame) -> bp.Trial:
    return trial(frame, baseline={"calm": "calm_pre"}, keep_codes=[-99, 401])


def spec_of(**changes: Any) -> bp.ClusterTrial:
    fields: dict[str, Any] = {
        "outcomes": ("calm", "kind"),
        "levels": ("pupil", "class", "school"),
        "adjustment": "covariate",
        "covariates": ("girl", "age"),
        "moderators": ("girl",),
        "link": "log",
    }
    return bp.ClusterTrial(**(fields | changes))


def slow(frame: pd.DataFrame, point: dict[str, np.ndarray]) -> float:
    """Log-likelihood pupil by pupil, outcome by outcome, by scipy's negative binomial distribution."""
    names = ("calm", "kind")
    seen = pd.concat([frame.loc[frame[name].notna(), ["girl", "age"]] for name in names])
    average = {"M": (seen["girl"] == "M").mean(), "age": seen["age"].mean()}
    pre = frame["calm_pre"].fillna(frame["calm_pre"].mean())
    centre = pre[frame["calm"].notna()].mean()
    classes, schools = sorted(frame["class"].unique()), sorted(frame["school"].unique())
    size = 1 / np.exp(point["rate_cv_log__"]) ** 2
    total = 0.0
    for i, row in frame.iterrows():
        male, age = (row["girl"] == "M") - average["M"], row["age"] - average["age"]
        arm = ARMS.index(row["arm"])
        for o, name in enumerate(names):
            if np.isnan(row[name]):
                continue
            eta = point["log_mean"][o] + point["covariate_effect"][o] @ [male, age]
            if arm:
                eta += point["effect"][arm - 1, o] + point["moderation"][arm - 1, o, 0] * male
            if name == "calm":
                eta += point["baseline_effect"][0] * (pre[i] - centre)
                eta += point["baseline_missing_effect"][0] * np.isnan(row["calm_pre"])
            eta += point["class_scale"][o] * point["class_standard"][o, classes.index(row["class"])]
            eta += point["school_scale"][o] * point["school_standard"][o, schools.index(row["school"])]
            share = special.expit(point["zero_inflation"][o]) if "zero_inflation" in point else 0.0
            chance = stats.nbinom.pmf(row[name], size[o], size[o] / (size[o] + np.exp(eta)))
            total += np.log((1 - share) * chance + share * (row[name] == 0))
    return total


@pytest.mark.parametrize("zero_inflated", [False, True])
def test_the_likelihood_of_rows_is_that_of_pupils(zero_inflated: bool) -> None:
    frame = numbers()
    model = build(spec_of(zero_inflated=zero_inflated), events(frame))
    point = some_point(model)
    assert log_likelihood(model, point) == pytest.approx(slow(frame, point), abs=1e-8, rel=0)


@pytest.mark.parametrize("zero_inflated", [False, True])
def test_rates_that_do_not_spread_are_poisson(zero_inflated: bool) -> None:
    frame = numbers().dropna(subset=["calm"])
    data = trial(frame, outcomes=["calm"], baseline={}, covariates=[])
    model = build(bp.ClusterTrial(("calm",), levels=("pupil", "school"), link="log", zero_inflated=zero_inflated), data)
    point = some_point(model)
    point["rate_cv_log__"] = np.array([np.log(1e-9)])
    _, school = np.unique(frame["school"], return_inverse=True)
    eta = point["log_mean"][0] + point["school_scale"][0] * point["school_standard"][0][school]
    eta = eta + np.concatenate([[0.0], point["effect"][:, 0]])[[ARMS.index(arm) for arm in frame["arm"]]]
    share = special.expit(point["zero_inflation"][0]) if zero_inflated else 0.0
    chance = (1 - share) * stats.poisson.pmf(frame["calm"], np.exp(eta)) + share * (frame["calm"] == 0)
    assert log_likelihood(model, point) == pytest.approx(np.log(chance).sum(), abs=1e-8, rel=0)


def test_trials_and_their_counts_make_one_model_that_does_not_grow_with_pupils() -> None:
    spec, data = spec_of(zero_inflated=True), events(numbers())
    models = [build(spec, given) for given in (data, data.counts(events=True))]
    point = some_point(models[0])
    assert log_likelihood(models[0], point) == log_likelihood(models[1], point)
    few, many = (counted(spec, events(numbers(copies)).counts(events=True)).arrays("log") for copies in (1, 20))
    assert {name: value.shape for name, value in few.items()} == {name: value.shape for name, value in many.items()}
    assert many["row_sum"].sum() == 20 * few["row_sum"].sum()


@pytest.mark.parametrize(
    ("value", "said"),
    [(2.5, "holds 2.5"), (-99, "holds -99"), (401, "holds 401")],
)
def test_what_is_no_count_of_events_is_refused(value: float, said: str) -> None:
    frame = numbers()
    frame.loc[1, "kind"] = value
    with pytest.raises(bp.DataError, match=said):
        build(spec_of(), events(frame))


def test_counts_of_the_other_kind_are_refused() -> None:
    data = events(numbers())
    with pytest.raises(bp.DataError, match="Use link='log'"):
        build(spec_of(link="logit", outcomes=("calm",), moderators=()), data.counts(events=True))
    two = events(numbers().assign(kind=lambda frame: 3 * np.sign(frame["kind"])))
    with pytest.raises(bp.DataError, match="stored for every number"):
        build(spec_of(outcomes=("kind",), adjustment="none"), two.counts(["kind"]))
    words = numbers().assign(kind=pd.Categorical(["no"] * 20 + ["yes"] * 22, ["no", "yes"], ordered=True))
    with pytest.raises(bp.DataError, match="ordered categories with labels"):
        build(spec_of(), events(words))
    with pytest.raises(bp.SpecError, match="the link is 'logit'"):
        bp.ClusterTrial(("kind",), link="logit", zero_inflated=True)


def test_rate_ratios_are_not_pooled_as_standardised_effects_are() -> None:
    with pytest.raises(bp.SpecError, match="log rate ratios"):
        bp.ClusterTrial(("calm", "kind"), link="log", families={"all": ("calm", "kind")})


WORLD = bp.TrialWorld(
    outcomes=("offences",), effect=[-0.5], residual_sd=[1.0], mean=[0.4], school_sd=[0.3], schools_per_arm=(10, 10),
    classes_per_school=None, pupils_per_class=(15, 25), events={"offences": 0.8}, excess_zeros={"offences": 0.25},
)  # fmt: skip


def pupils_of(world: bp.TrialWorld, seed: int) -> bp.Trial:
    return bp.Trial.from_frame(
        bp.simulate(world, seed), arm="arm", control="control", outcomes=["offences"], randomised="school",
        school="school", pupil="pupil",
    )  # fmt: skip


def test_simulated_numbers_have_the_moments_of_their_world() -> None:
    many = bp.TrialWorld(
        outcomes=("offences",), effect=[0.5], residual_sd=[1.0], mean=[0.4], schools_per_arm=(150, 150),
        classes_per_school=None, pupils_per_class=(100, 100), events={"offences": 0.8},
        excess_zeros={"offences": 0.25},
    )  # fmt: skip
    found = bp.simulate(many, 2).groupby("arm")["offences"].agg(["mean", "var", "count", lambda one: (one == 0).mean()])
    for arm, mu in (("control", np.exp(0.4)), ("intervention", np.exp(0.9))):
        mean, square = 0.75 * mu, 0.75 * (mu + 1.8 * mu**2)
        number = found.loc[arm, "count"]
        assert found.loc[arm, "mean"] == pytest.approx(mean, abs=4 * np.sqrt((square - mean**2) / number))
        assert found.loc[arm, "var"] == pytest.approx(square - mean**2, rel=0.08)
        zeros = 0.25 + 0.75 * (1 + 0.8 * mu) ** (-1 / 0.8)
        assert found.iloc[:, 3].loc[arm] == pytest.approx(zeros, abs=4 / np.sqrt(number) / 2)


@cache
def fit() -> bp.Fit:
    prior = bp.Prior("zero_inflation", "Normal", (-1, 0.75))  # light tails, for the proposals of the quadrature
    spec = bp.ClusterTrial(("offences",), levels=("pupil", "school"), link="log", zero_inflated=True, priors=(prior,))
    sampling = bp.Sampling(draws=1000, tune=600, chains=2)
    return bp.fit(spec, pupils_of(WORLD, 4), seed=5, sampling=sampling, progress=False)


def integrated(frame: pd.DataFrame, point: np.ndarray, nodes: int = 31) -> float:
    """Log posterior of (log mean, effect, log cv, log odds of zeros, signed school SD), schools by quadrature."""
    log_mean, effect, log_cv, odds, sd = point
    z, weight = np.polynomial.hermite_e.hermegauss(nodes)
    size, share, y = np.exp(-2 * log_cv), special.expit(odds), frame["offences"].to_numpy()[:, None]
    eta = log_mean + effect * (frame["arm"] == "intervention").to_numpy()[:, None] + sd * z
    log_chance = special.gammaln(y + size) - special.gammaln(size) - special.gammaln(y + 1)
    log_chance = log_chance - size * np.log1p(np.exp(eta) / size) - y * np.log1p(size / np.exp(eta))
    log_chance = np.log((1 - share) * np.exp(log_chance) + share * (y == 0) + 1e-300)
    schools = np.add.reduceat(log_chance, np.flatnonzero(frame["school"].diff().to_numpy() != 0))
    total = special.logsumexp(schools, axis=1, b=weight / np.sqrt(2 * np.pi)).sum()
    prior = stats.norm.logpdf([log_mean / 3, effect, (odds + 1) / 0.75]).sum()
    prior += stats.norm.logpdf(np.exp(log_cv) / 2) + log_cv + stats.norm.logpdf(sd / 0.5)
    return float(total + prior)


def curvature(frame: pd.DataFrame, at: np.ndarray, step: float = 0.02) -> np.ndarray:
    """Second differences of the log posterior, with the sign of a precision."""
    steps = step * np.eye(len(at))

    def corner(a: np.ndarray, b: np.ndarray) -> float:
        return integrated(frame, at + a + b)

    return np.array(
        [
            [(corner(a, -b) + corner(-a, b) - corner(a, b) - corner(-a, -b)) / (4 * step**2) for a in steps]
            for b in steps
        ]
    )


def test_the_posterior_is_that_of_a_quadrature() -> None:
    """By importance sampling from a t distribution at the mode: no part of the library but the simulator."""
    frame = bp.simulate(WORLD, 4)
    best = optimize.minimize(lambda x: -integrated(frame, x), [0.4, -0.5, 0.0, -1.0, 0.3], method="BFGS")
    proposal = stats.multivariate_t(best.x, 1.3 * np.linalg.inv(curvature(frame, best.x)), df=5, seed=6)
    drawn = proposal.rvs(2000)
    log_weight = np.array([integrated(frame, one) for one in drawn]) - proposal.logpdf(drawn)
    weight = special.softmax(log_weight)
    assert 1 / (weight**2).sum() > 400
    posterior = fit().posterior.isel(outcome=0)
    ours = [posterior["log_mean"], posterior["effect"], np.log(posterior["rate_cv"]), posterior["excess_zeros"]]
    drawn[:, 3] = special.expit(drawn[:, 3])
    for draws, own in zip(ours, drawn.T, strict=False):
        mean = weight @ own
        sd = np.sqrt(weight @ (own - mean) ** 2)
        assert float(draws.mean()) == pytest.approx(mean, abs=0.2 * sd)
        assert float(draws.std()) == pytest.approx(sd, rel=0.2)


def test_what_follows_from_draws_is_what_the_world_has() -> None:
    spec, posterior = fit().spec, fit().posterior
    truth = family_of(spec).truth.truth(spec, WORLD)["posterior"]
    for name in (
        "log_mean",
        "rate_cv",
        "excess_zeros",
        "effect",
        "effect_standardised",
        "school_sd",
        "total_sd",
        "icc",
    ):
        low, high = posterior[name].quantile([0.005, 0.995], ("chain", "draw")).values.reshape(2, -1)
        assert (low <= truth[name].values.ravel()).all(), name
        assert (truth[name].values.ravel() <= high).all(), name


def test_rate_ratios_are_exponentials() -> None:
    evidence = bp.evidence(fit(), rope=0.1)
    row = bp.rate_ratios(evidence).iloc[0]
    draws = fit().posterior["effect"].isel(outcome=0)
    assert row["rate_ratio"] == pytest.approx(np.exp(float(draws.mean())))
    assert row["lower"] == pytest.approx(np.exp(float(draws.quantile(0.025))))
    assert "log rate ratios" in bp.text(evidence)
    with pytest.raises(bp.SpecError, match="of another model"):
        bp.rate_ratios(evidence.assign_attrs(raw=""))
    with pytest.raises(bp.SpecError, match="trials with ordered outcomes"):
        bp.odds_ratios(evidence)


def test_predicted_shares_are_those_of_numbers_that_are_drawn_again() -> None:
    fitted = fit()
    shares = bp.predictive_check(fitted)["shares"].set_index(["arm", "category"])
    assert shares.groupby("arm")["predicted"].sum().to_numpy() == pytest.approx(1.0)
    assert shares.groupby("arm")["observed"].sum().to_numpy() == pytest.approx(1.0)
    room = family_of(fitted.spec)
    again = room.scores_again(fitted.spec, fitted.posterior, fitted.data, None, np.random.default_rng(1))
    drawn, observed = again.drawn["offences"], again.observed["offences"]
    expected = (shares["predicted"] * shares["pupils"]).groupby("category").sum() / shares["pupils"].groupby(
        "category"
    ).sum()
    for label in ("0", "1", "2"):
        assert (drawn == int(label)).mean() == pytest.approx(expected[label], abs=0.01)
    assert observed.mean() == pytest.approx(drawn.mean(), rel=0.15)


def test_zeros_beside_the_distribution_are_seen_when_the_model_has_none() -> None:
    world = bp.TrialWorld(
        outcomes=("offences",), effect=[0.0], residual_sd=[1.0], mean=[1.5], schools_per_arm=(15, 15),
        classes_per_school=None, pupils_per_class=(40, 40), events={"offences": 0.1}, excess_zeros={"offences": 0.3},
        randomised="pupil",
    )  # fmt: skip
    data = bp.Trial.from_frame(
        bp.simulate(world, 3), arm="arm", control="control", outcomes=["offences"], randomised="pupil"
    )
    rows = {}
    for zero_inflated in (False, True):
        spec = bp.ClusterTrial(("offences",), levels=("pupil",), link="log", zero_inflated=zero_inflated)
        sums = data_for(spec, data)
        free = _near(spec, sums)
        rows[zero_inflated] = next(row for row in fit_rows(spec, free, sums) if row.check == NUMBERS)
    assert not rows[False].passed
    assert rows[False].grave
    assert "zero_inflated=True" in rows[False].hint
    assert rows[True].passed


def test_ranges_with_few_pupils_are_joined_under_their_own_names() -> None:
    def joined(*predicted: float) -> list[tuple[str, float]]:
        labels = ("0", "1", "2", "3 to 4", "5 to 9", "10 or more")
        rows = pd.DataFrame({"arm": "new", "category": labels, "pupils": 100, "predicted": predicted})
        found = _filled(rows.assign(observed=0.1, difference=0.0))
        assert found["predicted"].sum() == pytest.approx(sum(predicted))
        return list(zip(found["category"], found["observed"].round(9), strict=True))

    assert joined(0.5, 0.2, 0.1, 0.1, 0.06, 0.04) == [
        ("5 or more", 0.2), ("3 to 4", 0.1), ("2", 0.1), ("1", 0.1), ("0", 0.1)
    ]  # fmt: skip
    assert joined(0.7, 0.1, 0.06, 0.03, 0.04, 0.07) == [
        ("10 or more", 0.1), ("3 to 9", 0.2), ("2", 0.1), ("1", 0.1), ("0", 0.1)
    ]  # fmt: skip
    assert joined(0.02, 0.01, 0.5, 0.2, 0.2, 0.07) == [
        ("10 or more", 0.1), ("5 to 9", 0.1), ("3 to 4", 0.1), ("0 to 2", 0.3)
    ]  # fmt: skip


def _near(spec: bp.ClusterTrial, data: Any) -> Any:
    """Return draws that are all the mode of a model without clusters."""
    model = build(spec, data)
    density, names = model.compile_logp(mode=PLAIN), list(model.initial_point())

    def at(x: np.ndarray) -> dict[str, np.ndarray]:
        return {name: np.array([value]) for name, value in zip(names, x, strict=True)}

    best = at(optimize.minimize(lambda x: -float(density(at(x))), np.zeros(len(names)), method="BFGS").x)
    best["rate_cv"] = np.exp(best.pop("rate_cv_log__"))
    draws = {name: np.broadcast_to(value, (1, 2, 1)) for name, value in best.items()}
    return family_of(spec).draws.posterior(spec, data, draws)


@pytest.mark.parametrize("zero_inflated", [False, True])
def test_words_speak_of_counts(zero_inflated: bool) -> None:
    spec = spec_of(zero_inflated=zero_inflated)
    room = family_of(spec)
    said = " ".join(room.sentences.model(spec, events(numbers()).counts(events=True), lambda *_: ""))
    assert "negative binomial" in said
    assert ("a share of zeros" in said) is zero_inflated
    assert any("Poisson" in one.text for one in room.equations.equations(spec))
    assert "a share of zeros" in " ".join(room.card.described(spec)) or not zero_inflated


@pytest.mark.slow
def test_calibration_by_ranks() -> None:
    """Ranks of the truth among draws, 100 worlds drawn from priors that keep numbers small."""
    priors = (
        bp.Prior("log_mean", "Normal", (0.5, 0.5)), bp.Prior("effect", "Normal", (0, 0.5)),
        bp.Prior("rate_cv", "HalfNormal", (1,)), bp.Prior("school_sd", "HalfNormal", (0.3,)),
    )  # fmt: skip
    spec = bp.ClusterTrial(("offences",), levels=("pupil", "school"), link="log", zero_inflated=True, priors=priors)
    found = bp.calibrate(spec, WORLD, replicates=100, seed=7)
    print(found[["p", "inside"]].to_dataframe() if "p" in found else found)
    assert found["inside"].mean() >= 0.9
