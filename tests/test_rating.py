"""Ratings at their edges: what is refused, and the leagues that no formula likes. What they
compute is tested in the notebooks of the ratings."""

import json
import math
import os
from itertools import combinations

import numpy as np
import pytest
from fastcore.test import test_close as close
from fastcore.test import test_eq as eq
from fastcore.test import test_fail as fails

from dogfight_nb.davidson import ELO_SCALE, outcome_log_probabilities
from dogfight_nb.match import Results, play, round_robin
from dogfight_nb.rating import (
    Elo,
    bradley_terry,
    elo_update,
    heat_map,
    intransitivity,
    likelihood_of_superiority,
    nash,
    payoff_matrix,
    plot_ratings,
    sprt,
    upsets,
)
from dogfight_nb.result_counts import ResultCounts, play_all_pairs
from dogfight_nb.rules import InputError
from dogfight_nb.score_table import score_table

inf = math.inf


def a_few():
    return (
        ResultCounts()
        .add_counts("ace", "chaser", 180, 2, 20)
        .add_counts("chaser", "ace", 30, 1, 170, spawn="fixed")
        .add_counts("snapshot 3", "ace", wins=40, draws=3, losses=57)
    )


def tasted():
    games, rng = ResultCounts(), np.random.default_rng(0)
    for a in range(1, 7):
        for b in range(a + 1, 7):
            games.add_counts(f"brand {a}", f"brand {b}", *rng.integers(9, 24, 3).tolist())
    return games


def test_games_refuse_what_they_cannot_count():
    games = a_few()
    before = games.to_dict()
    for wrong in (
        dict(wins=float("nan")),
        dict(wins=True),
        dict(draws="1"),
        dict(losses=10**16),
        dict(wins=1, losses=-1),
    ):
        fails(
            lambda: games.add_counts("ace", "chaser", **wrong),
            contains="whole number",
            exc=InputError,
        )
    fails(lambda: games.add_counts(None, "ace", 1), contains="no name", exc=InputError)
    fails(lambda: games.wins_and_draws("all"), contains="None for both", exc=InputError)
    fails(lambda: games.index("nobody at all"), contains="there are ace", exc=KeyError)
    eq(games.to_dict(), before)
    good = games.to_dict()
    for key, value in (
        ("format", 2),
        ("names", ["a"]),
        ("names", [1, 2, 3]),
        ("games", [[0, 1, 0, 1, 0, 0, 0]]),
        ("games", [[0, 1, 2, 1, 0, 0, 0, 0]]),
        ("games", [[0, -1, 0, 1, 0, 0, 0, 0]]),
        ("games", [[0, 1, 0, 1, 0, 0, 0, -1]]),
        ("games", [[0, 1, 0, 1.5, 0, 0, 0, 0]]),
        ("games", [[0, 1, 0, 1, 0, 0, 0, 0]] * 2),
        ("games", 3),
        ("forfeits", {"nobody": 1}),
        ("forfeits", []),
        ("surprise", 1),
    ):
        fails(
            lambda: ResultCounts.from_dict({**good, key: value}),
            contains="no games",
            exc=InputError,
        )
    for wrong in (None, [], {}, "x", {**{k: v for k, v in good.items() if k != "names"}}):
        fails(lambda: ResultCounts.from_dict(wrong), exc=InputError)
    odd = play("ace", "chaser", n=2)
    odd.outcome = np.array([1, 2])
    fails(lambda: games.add(odd), contains="expected -1", exc=InputError)


def test_elo_refuses():
    elo = Elo()
    for wrong in (
        lambda: elo_update(1000, 1000, float("nan")),
        lambda: elo_update(1000, 1000, 1.5),
        lambda: elo_update(1000, 1000, -0.1),
        lambda: elo_update(1000, 1000, 1, k=0),
        lambda: elo_update(1000, 1000, 1, k=float("nan")),
        lambda: elo_update(float("inf"), 1000, 1),
        lambda: elo_update(1000, "x", 1),
        lambda: elo_update(1000, 1000, None),
        lambda: elo_update(np.ones(2), 1, np.array([1, 2])),
        lambda: Elo(k=-1),
        lambda: Elo(start=float("nan")),
        lambda: elo.update("a", "a", 1),
        lambda: elo.update("", "a", 1),
        lambda: elo["nobody"],
        lambda: Elo.from_dict({}),
        lambda: Elo.from_dict([]),
    ):
        fails(wrong, exc=InputError)


def test_fits_refuse():
    games = tasted()
    taste = bradley_terry(games)
    for wrong, says in (
        (lambda: bradley_terry([]), "no games"),
        (lambda: bradley_terry(ResultCounts()), "no games"),
        (lambda: bradley_terry([("a", "b", float("nan"))]), "game 0"),
        (lambda: bradley_terry([("a", "b", 1), ("a", "b", 0.7)]), "game 1"),
        (lambda: bradley_terry([("a", "a", 1)]), "different"),
        (lambda: bradley_terry([("a", 3, 1)]), "names"),
        (lambda: bradley_terry(["ab"]), "game 0"),
        (lambda: bradley_terry("ab"), "triples"),
        (lambda: bradley_terry([3]), "game 0"),
        (lambda: bradley_terry(games, anchors={"brand 7": 1}), "did you mean"),
        (lambda: bradley_terry(games, anchors={"brand 1": float("nan")}), "anchor of brand 1"),
        (lambda: bradley_terry(games, confidence=1), "0.95"),
        (lambda: bradley_terry(games, prior=0), "above 0"),
        (lambda: bradley_terry(games, spawn="x"), "random and fixed"),
        (lambda: bradley_terry([("a", "b", 1)], spawn="random"), "use ResultCounts"),
        (lambda: taste["brand 9"], "brand"),
    ):
        fails(wrong, contains=says, exc=InputError)


def test_comparisons_refuse():
    taste = bradley_terry(tasted())
    pure = ResultCounts().add_counts("a", "b", 3, 0, 1)
    for wrong in (
        lambda: likelihood_of_superiority(-1, 2),
        lambda: likelihood_of_superiority(float("nan"), 2),
        lambda: taste.likelihood_of_superiority("brand 6", "brand 7"),
        lambda: likelihood_of_superiority("a", "b"),
    ):
        fails(wrong, exc=InputError)
    for wrong in (
        lambda: sprt(-1, 0, 0),
        lambda: sprt(1.5, 0, 0),
        lambda: sprt(float("nan"), 0, 0),
        lambda: sprt(1, 1, 1, elo0=5, elo1=5),
        lambda: sprt(1, 1, 1, elo1=float("nan")),
        lambda: sprt(1, 1, 1, alpha=0),
        lambda: sprt(1, 1, 1, beta=0.7),
    ):
        fails(wrong, exc=InputError)
    for wrong in (
        lambda: nash([[1, 2]]),
        lambda: nash([]),
        lambda: nash([[0.5, math.inf], [0, 0.5]]),
    ):
        fails(wrong, exc=InputError)
    for wrong in (
        lambda: intransitivity([[0.5, 1.2], [0, 0.5]]),
        lambda: intransitivity([[0.5, 1]]),
        lambda: upsets(pure, alpha=2),
        lambda: upsets(pure, spawn="up"),
    ):
        fails(wrong, exc=InputError)


def test_awkward_leagues():
    ten = bradley_terry([("a", "b", 1)] * 10)
    # the end by hand: at the lower end 10 wins have probability p^10 = 0.025, prior aside
    p = 0.025**0.1
    assert ten.interval("a")[1] == inf and ten.interval("b")[0] == -inf
    close(2 * (ten.interval("a")[0] - 1000), ELO_SCALE * math.log(p / (1 - p)), 0.5)
    close(ten["a"] + ten["b"], 2000, 1e-9)
    bare = bradley_terry([("a", "b", 1)] * 10, prior=None)
    eq(bare.rating.tolist(), [inf, -inf])
    close(bare.low[0], ten.low[0], 1)
    assert json.dumps(bare.to_dict(), allow_nan=False) and "∞" in repr(bare)
    chain = bradley_terry([("a", "b", 1), ("b", "c", 1)] * 5)
    assert (
        chain["a"] > chain["b"] > chain["c"]
        and chain.interval("b") == (-inf, inf)
        and chain.interval("a")[1] == inf
        and chain.interval("c")[0] == -inf
    )
    champion = bradley_terry(
        ResultCounts()
        .add_counts("a", "b", 5, 0, 5)
        .add_counts("x", "a", 100)
        .add_counts("x", "b", 100)
        .add_counts("y", "x", 100),
        anchors={"a": 1000},
    )
    assert (
        champion["y"] > champion["x"] > 1300
        and 1000 < champion.interval("x")[0] < champion.interval("y")[0] + 500
        and champion.interval("y")[1] == inf
    )
    close(
        champion.interval("x")[0],
        1000 + ELO_SCALE * math.log(p200 / (1 - p200)) if (p200 := 0.025 ** (1 / 200)) else 0,
        60,
    )
    even = bradley_terry([("a", "b", 0.5)] * 20)
    eq(even["a"], even["b"])
    assert (
        even.draw == inf
        and "every game was drawn" in even.notes[0]
        and even.high[0] - even.low[0] > 500
    )
    one = bradley_terry(ResultCounts().add_players("only"))
    eq((one["only"], *one.interval("only")), (1000.0, -inf, inf))
    lone = bradley_terry(ResultCounts().add_players("x", "y"), anchors={"x": 1200})
    eq(lone.interval("x"), (1200, 1200))
    eq(lone.interval("y"), (-inf, inf))
    close(lone["y"], 1200, 1e-6)
    linked = bradley_terry(
        ResultCounts().add_counts("a", "b", 6, 0, 4).add_counts("c", "d", 7, 0, 3),
        anchors={"a": 1000, "c": 1500},
    )
    assert not linked.notes and all(map(math.isfinite, linked.low))
    close(linked["d"], 1500 - ELO_SCALE * math.log(7 / 3), 1e-8)
    huge = bradley_terry(
        ResultCounts()
        .add_counts("a", "b", 10**9, 10**8, 5 * 10**8)
        .add_counts("b", "c", 10**9, 10**8, 2)
        .add_counts("a", "c", 10**9, 1, 1)
    )
    assert huge["a"] > huge["b"] > huge["c"] and all(
        0 < high - low < 10 for low, high in zip(huge.low[:2], huge.high[:2])
    )
    close(
        bradley_terry(ResultCounts().add_counts("a", "b", 2 * 10**9, 10**8, 10**9)).rating.tolist(),
        bradley_terry(ResultCounts().add_counts("a", "b", 20, 1, 10)).rating.tolist(),
        1e-6,
    )
    rng = np.random.default_rng(1)
    many = ResultCounts()
    for k in range(1, 600):
        many.add_counts(f"p{k}", f"p{k - 1}", 6, 1, 5).add_counts(
            f"p{k}", f"p{rng.integers(k)}", 3, 0, 4
        )
    large = bradley_terry(many)
    assert np.isfinite(large.high).all() and len(large) == 600


def test_drawings():
    games = a_few()
    ratings = bradley_terry(games)
    ax = plot_ratings(ratings)
    eq(
        [label.get_text() for label in ax.get_yticklabels()],
        [name for name, _ in sorted(ratings.items(), key=lambda item: item[1])],
    )
    for awkward in (
        ResultCounts().add_players("only"),
        ResultCounts().add_counts("a", "b", 9).add_players("c"),
        ResultCounts().add_counts("a", "b", 0, 9),
    ):
        plot_ratings(bradley_terry(awkward))
        plot_ratings(bradley_terry(awkward, prior=None))
        heat_map(awkward)
    ax = heat_map(ResultCounts().add_counts("a", "b", 3, 1, 0).add_players("stranger"))
    eq([text.get_text() for text in ax.texts], ["88", "12"])
    eq(sum(patch.get_hatch() is not None for patch in ax.patches), 4)
    eq(
        [label.get_text() for label in heat_map(games).get_yticklabels()],
        [name for name, _ in sorted(ratings.items(), key=lambda item: -item[1])],
    )
    eq(
        [
            text.get_text()
            for text in heat_map(
                ResultCounts().add_counts("a", "b", 2, 1, 1), points=True, order=["b", "a"]
            ).texts
        ],
        ["1.00", "1.75"],
    )
    fails(lambda: heat_map(ResultCounts()), contains="no games", exc=InputError)
    fails(lambda: heat_map(games, order=["ace", "chazer"]), contains="'chaser'", exc=InputError)


def test_games_know_who_gave_up():
    quits = Results(
        ("q", "p"),
        np.int8([-1, -1, 0, 1]),
        np.array(["forfeit", "elimination", "forfeit", "forfeit"]),
        *[np.zeros((4, 2), np.int32)] * 4,
    )
    quits = ResultCounts().add(quits)
    eq(quits.forfeits, {"q": 2, "p": 2})
    eq(quits.counts[0, 1, 0].tolist(), [1, 0, 1, 0, 2])
    eq(ResultCounts.from_dict(quits.to_dict()), quits)
    assert "forfeited 2" in repr(quits)
    assert (
        not ResultCounts()
        and len(ResultCounts()) == 0
        and not ResultCounts().add_players("a")
        and ResultCounts().add_counts("a", "a", draws=3).wins_and_draws()[1].sum() == 0
    )
    table = round_robin(["ace", "chaser"], n=3)
    eq(ResultCounts().add(table).counts.sum((2, 3)).tolist(), [[3, 3], [3, 3]])


def test_score_of_a_player():
    by_hand = ResultCounts().add(
        Results(
            ("a", "b"),
            np.int8([1, 1, 0, -1]),
            np.array(["elimination", "time-out", "time-out", "time-out"]),
            *[np.zeros((4, 2), np.int32)] * 4,
        )
    )
    rows = score_table(by_hand)
    eq(
        [
            (r.name, r.points, r.wins, r.draws, r.losses, r.by_elimination, [s[0] for s in r.seats])
            for r in rows
        ],
        [("a", 6, 2, 1, 1, 1, [4, 0]), ("b", 3, 1, 1, 2, 0, [0, 4])],
    )
    assert "who was met" in rows.notes[0]
    assert math.isnan(score_table(ResultCounts().add_players("x"))["x"].mean)
    sparse = payoff_matrix(ResultCounts().add_counts("a", "b", 3, 0, 1).add_players("c"))
    assert np.isnan(sparse[0, 2]) and sparse[0, 1] == 0.75 and sparse[2, 2] == 0.5


def test_ratings_are_a_mapping():
    games = tasted()
    taste = bradley_terry(games)
    eq(set(taste), set(games.names))
    assert (
        "brand 1" in taste
        and "x" not in taste
        and taste.get("x") is None
        and dict(taste)["brand 1"] == taste["brand 1"]
    )
    assert (
        json.dumps(taste.to_dict(), allow_nan=False)
        and "| brand 6 |" in taste._repr_markdown_()
        and repr(taste).splitlines()[1].startswith(max(taste, key=taste.get))
        and repr(taste).splitlines()[-1].startswith(min(taste, key=taste.get))
    )
    narrow = bradley_terry(games, confidence=0.5)
    close(
        (narrow.high - narrow.low) / (taste.high - taste.low),
        np.full(6, 0.6744898 / 1.959964),
        1e-6,
    )


def test_every_pair_has_spawns_of_its_own():
    own = int(np.random.SeedSequence([5, 1, 0]).generate_state(1)[0])
    eq(
        play_all_pairs(["ace", "chaser"], n=50, fixed=0, seed=5).counts[1, 0],
        ResultCounts().add(play("chaser", "ace", 50, own)).counts[0, 1],
    )
    assert own != int(np.random.SeedSequence([5, 0, 1]).generate_state(1)[0])


# --- two thousand leagues


def random_league(seed):
    """(`ResultCounts`, true ratings or None) of 1 to 8 players: few pairs or all, 1 game or 10^6.

    Results are dealt by the model, or without any, with kinds of results that are missing."""
    rng = np.random.default_rng(seed)
    n, by_model = int(rng.integers(1, 9)), rng.random() < 0.5
    names = [f"p{k}" for k in range(n)]
    true = 1000 + rng.normal(0, 1, n) * rng.choice([0, 100, 400])
    log_nu = math.log(rng.choice([1e-9, 0.05, 0.3, 1, 5]))
    met, games = rng.choice([0.3, 0.6, 1]), ResultCounts().add_players(*names)
    for a, b in combinations(range(n), 2):
        total = int(
            rng.choice([1, 2, 5, 10, 40, 1000, 10**6], p=[0.2, 0.2, 0.2, 0.2, 0.1, 0.05, 0.05])
        )
        if by_model:
            log_p = outcome_log_probabilities(true / ELO_SCALE, log_nu, a, b)
            p = np.exp(log_p) / np.exp(log_p).sum()
        else:
            p = rng.dirichlet([0.3] * 3) * (rng.random(3) < 0.6)
        if rng.random() < met and p.sum() > 0:
            games.add_counts(names[a], names[b], *rng.multinomial(total, p / p.sum()).tolist())
    return games, true if by_model else None


def check_ratings(games, r):
    "Finite, of a plausible size, with a spread; intervals hold the rating; open ends have notes."
    assert np.isfinite(r.rating).all() and np.isfinite(r.covariance).all()
    # a million games may well show a thousandfold odds, over a chain of players
    assert abs(r.rating - 1000).max() < 2500 * len(r), r
    assert (r.low <= r.rating).all() and (r.rating <= r.high).all()
    spread = np.diag(r.covariance)
    assert (spread >= 0).all() and (spread[r.games > 0] > 0).all()
    ends = np.isinf(np.concatenate([r.low, r.high]))
    assert not ends.any() or r.notes or len(r) == 1
    for a, b in list(combinations(r.names, 2))[:3]:
        better, worse = r.likelihood_of_superiority(a, b), r.likelihood_of_superiority(b, a)
        assert 0 <= better <= 1 and abs(better + worse - 1) < 1e-9
        if games.played(a, b):
            assert r.difference(a, b)[1] > 0
    json.dumps(r.to_dict(), allow_nan=False)
    repr(r)


@pytest.mark.filterwarnings("error")
def test_random_leagues():
    "Set DOGFIGHT_LEAGUES=2000 for many more."
    inside = {True: [], False: []}
    for seed in range(int(os.environ.get("DOGFIGHT_LEAGUES", 200))):
        games, true = random_league(seed)
        r = bradley_terry(games)
        check_ratings(games, r)
        if true is not None:
            true = true - true[[r.index(name) for name in r.centre]].mean() + 1000
            contained = (r.low <= true + 1e-6) & (true - 1e-6 <= r.high)
            open_ = np.isinf(r.low) | np.isinf(r.high)
            inside[True] += contained[open_].tolist()
            inside[False] += contained[~open_].tolist()
    assert np.mean(inside[True]) > 0.97, "intervals with an open end"
    assert 0.92 < np.mean(inside[False]) < 0.98, "intervals with two ends"


@pytest.mark.filterwarnings("error")
def test_leagues_with_draws_and_no_loss():
    for games in (
        [("a", "b", 1)] * 9 + [("a", "b", 0.5)],
        [("a", "b", 1)] * 1 + [("a", "b", 0.5)] * 999,
        [("a", "b", 1), ("a", "b", 0.5), ("b", "c", 1), ("b", "c", 0.5), ("a", "c", 1)] * 5,
        [("a", "b", 0.5)] * 7 + [("b", "c", 0.5)],
        [("a", "b", 0.5)] * 7 + [("b", "c", 1)],
        [("a", "b", 1), ("a", "b", 0.5), ("c", "d", 0.5)],
    ):
        counts = ResultCounts()
        for a, b, score in games:
            counts.add_counts(a, b, int(score == 1), int(score == 0.5))
        for anchors in ({}, {"a": 1200.0}):
            r = bradley_terry(counts, anchors=anchors)
            assert np.isfinite(r.rating).all() and abs(r.rating - 1000).max() < 3000
            free = [k for k, name in enumerate(r.names) if name not in anchors]
            assert any(np.isinf(r.low[k]) or np.isinf(r.high[k]) for k in free) and r.notes, r
            assert (r.low <= r.rating).all() and (r.rating <= r.high).all()
    # a draw around a chain, one loss, or draws among equals who also beat each other: draws count
    around = [("b", "c", 1), ("c", "d", 1), ("a", "d", 0.5)]
    for more in (around, [("b", "a", 1)], [("c", "d", 1), ("d", "c", 1), ("a", "c", 0.5)]):
        r = bradley_terry([("a", "b", 1)] * 9 + [("a", "b", 0.5)] + more)
        assert np.isfinite(r.low).all() and np.isfinite(r.high).all()


def test_what_is_said_about_open_ends():
    r = bradley_terry([("a", "b", 1)] * 9 + [("a", "b", 0.5)])
    eq((r.interval("a")[1], r.interval("b")[0]), (inf, -inf))
    assert "draws are commoner, so only the lower end" in r.notes[0] and "a: " in r.notes[0]
    assert "draws are commoner, so only the upper end" in r.notes[1] and "b: " in r.notes[1]
    assert 0.95 < r.likelihood_of_superiority("a", "b") < 0.999
    chain = bradley_terry([("a", "b", 1), ("b", "c", 1)] * 5)
    assert any("b: " in note and "neither end" in note for note in chain.notes)
    lost = bradley_terry([("a", "b", 1), ("b", "a", 1), ("a", "c", 1), ("b", "c", 1)] * 5)
    assert "c: not a point won" in lost.notes[0] and "mean of a, b" in lost.notes[1]
    eq(lost.centre, ["a", "b"])
    close((lost["a"] + lost["b"]) / 2, 1000, 1e-9)
