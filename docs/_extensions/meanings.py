"""What the numbers of a card mean, in words with the card's own names in them."""

from __future__ import annotations

import bayespanel as bp


def meaning(card: bp.Card) -> str:
    """Return paragraphs about the evidence that a card gives."""
    spec = card.spec
    if isinstance(spec, bp.RICLPM):
        return _panel(card, spec)
    return _trajectories(card, spec) if isinstance(spec, bp.Trajectories) else _trial(card, spec)


def _rope(card: bp.Card) -> str:
    if card.rope is None:
        return ""
    return (
        f"The region of practical equivalence is −{card.rope:g} to {card.rope:g} on that scale. `prob_rope` is the "
        "share of the posterior inside it, `prob_above_rope` and `prob_below_rope` are the shares beyond: read the "
        "three together. Most of it inside: practically nothing. Most of it beyond: more than negligible. Spread over "
        "both: the data do not tell.\n"
    )


def _panel(card: bp.Card, spec: bp.RICLPM) -> str:
    x, y = spec.variables[0], spec.variables[-1]
    within = "within-person " if spec.intercepts else ""
    what = (
        f"`{x} -> {y}` (kind `direct`): a pupil who stands one {within}standard deviation above "
        f"{'its own level' if spec.intercepts else 'others'} in {x} at one wave, other variables held, stands that "
        f"many {within}standard deviations higher in {y} at the next. `{x} -> {x}` (kind `carry_over`) is what of a "
        "deviation is left a wave later."
    )
    if not spec.intercepts:
        what += " Without random intercepts both mix changes within pupils with differences between them."
    chains = (
        f"`{x} -> {spec.variables[1]} -> {y}` (kind `indirect`) is a product of two lags over two waves; `total` adds "
        "all ways over two waves. A product of two small lags is smaller than either: weigh it against a region of "
        "its own."
        if len(spec.variables) > 2
        else "`total` adds all ways over two waves."
    )
    between = (
        "`between` is the correlation of stable parts, of pupils, classes and schools: what a cross-lagged model "
        "without random intercepts would have mixed into the lags.\n\n"
        if spec.intercepts
        else ""
    )
    columns = "All columns are defined on the page about [evidence](../evidence.md).\n"
    return f"{what}\n\n{chains}\n\n{between}{_rope(card)}\n{columns}"


def _trial(card: bp.Card, spec: bp.ClusterTrial) -> str:
    outcome = spec.outcomes[0]
    what = (
        f"`{outcome}` (kind `effect`): by how many total standard deviations within arms {outcome.replace('_', ' ')} "
        "differs between an arm and the control arm. `raw_mean` is the same in the units of the data."
    )
    if spec.families:
        what += (
            " Outcomes of a family are drawn towards their common mean as far as the data allow; `unpooled` is the "
            "same effect from its own data alone, and `family` the mean of the family."
        )
    icc = (
        "`icc` is the share of the variance that lies between classes or schools. With `at_least` a column says how "
        "probable an effect of that size is, with `true_effect` how often a design of this precision would find it "
        "(power), get its sign wrong (type S), and by how much it would exaggerate (type M)."
    )
    return f"{what}\n\n{icc}\n\n{_rope(card)}\nMore: [trials](../trial.md), [evidence](../evidence.md).\n"


def _trajectories(card: bp.Card, spec: bp.Trajectories) -> str:
    high, low = spec.contrast if spec.contrast else (spec.names[-1][0], spec.names[-1][-1])
    first = spec.predictors[0] if spec.predictors else "a predictor"
    what = (
        f"`{first}: {high} vs {low}` (kind `odds`): by how much the log odds of taking the course '{high}' rather than "
        f"'{low}' rise per standard deviation of {first.replace('_', ' ')}, other predictors held. `bp.odds_ratios` "
        "turns it into an odds ratio. Nobody's course is known for sure; that uncertainty is in the interval."
    )
    shares = "`share` is the share of pupils in a class"
    if spec.arm:
        shares += ", `programme` what the arm changes in it, in log odds"
    return (
        f"{what}\n\n{shares}. `bp.class_table` and `bp.plot_trajectories` show courses and sizes.\n\n{_rope(card)}\n"
        "More: [trajectories](../trajectories.md), [evidence](../evidence.md).\n"
    )
