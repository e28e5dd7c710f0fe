"""Files for Tacview, read by the format's own description (ACMI 2.2) and by nothing of ours: every
line is a header, a moment, an object with known properties, or a removal; and the match that is
read is the match that was written, whatever its pilots are called and whatever its rules."""

import math
import re
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from dogfight_nb.acmi import to_acmi
from dogfight_nb.match import Replay, play
from dogfight_nb.rules import InputError, Rules

# What the description lists; of the object's properties those that fit an aeroplane or a bullet.
GLOBAL = set(
    "DataSource DataRecorder ReferenceTime RecordingTime Author Title Category Briefing Debriefing "
    "Comments ReferenceLongitude ReferenceLatitude".split()
)
TEXTS = set("Name Type Parent CallSign Pilot Group Country Coalition Color Label".split())
RATIOS = set("Health Throttle TriggerPressed Visible Disabled".split())
NUMBERS = set("IAS TAS AGL HDG Length Radius Importance".split())
COLOURS = set("Red Orange Yellow Green Cyan Blue Violet".split())
TAGS = set("Air Weapon FixedWing Projectile Bullet Light Medium".split())
EVENTS = set("Message Bookmark Debug LeftArea Destroyed TakenOff Landed Timeout".split())
NOTATIONS = {
    3: "lon lat alt",
    5: "lon lat alt u v",
    6: "lon lat alt roll pitch yaw",
    9: "lon lat alt roll pitch yaw u v heading",
}


def split(line, sign=","):
    "`line` at every `sign` that no backslash escapes; the escapes are taken off."
    parts, escaped = [""], False
    for c in line:
        if c == sign and not escaped:
            parts.append("")
        elif c != "\\" or escaped:
            parts[-1] += c
        escaped = c == "\\" and not escaped
    assert not escaped, f"a line that ends in a backslash goes on: {line!r}"
    return parts


def number(text, low=-math.inf, high=math.inf):
    assert re.fullmatch(r"-?\d+(\.\d+)?", text), text
    assert low <= float(text) <= high, text
    return float(text)


def object_id(text):
    assert re.fullmatch(r"0|[1-9A-Fa-f][0-9A-Fa-f]{0,15}", text), f"{text!r} is no object's number"
    return int(text, 16)


class Acmi:
    "What an ACMI file says; an `AssertionError` where it says it wrongly."

    def __init__(self, data):
        assert data.startswith(b"\xef\xbb\xbf")
        text = data.decode("utf-8-sig")
        assert text.endswith("\n")
        lines = text[:-1].split("\n")
        assert lines[:2] == ["FileType=text/acmi/tacview", "FileVersion=2.2"]
        assert all(c.isprintable() for line in lines for c in line)
        self.time, self.facts, self.objects, self.gone, self.events = None, {}, {}, {}, []
        self.tracks, self.states, self.leaving = {}, {}, set()
        for line in lines[2:]:
            if line[0] == "#":
                now = number(line[1:])
                assert self.time is None or now > self.time, line
                self.time, self.leaving = now, set()
            elif line[0] == "-":
                gone = object_id(line[1:])
                assert gone in self.objects and gone not in self.gone, line
                self.gone[gone] = self.time
                self.leaving.add(gone)
            else:
                self.read(line)
        assert datetime.fromisoformat(self.facts["ReferenceTime"].replace("Z", "+00:00"))

    def read(self, line):
        number_, *properties = split(line)
        it = object_id(number_)
        assert properties and it not in self.gone, line
        for name, value in (p.split("=", 1) for p in properties):
            if it:
                assert self.time is not None, line
                self.property(it, name, value)
            elif name == "Event":
                self.event(value)
            else:
                assert name in GLOBAL and name not in self.facts and value, line
                self.facts[name] = value
        if it:
            state = dict(self.objects[it])
            self.states.setdefault(it, []).append((self.time, state))

    def property(self, it, name, value):
        known = self.objects.setdefault(it, {})
        if name == "T":
            return self.place(it, known, value.split("|"))
        assert name in TEXTS | RATIOS | NUMBERS and value, (name, value)
        if name in RATIOS:
            value = number(value, 0, 1)
        elif name in NUMBERS:
            value = number(value)
        elif name == "Color":
            assert value in COLOURS
        elif name == "Type":
            value = frozenset(value.split("+"))
            assert value <= TAGS
        elif name == "Parent":
            value = object_id(value)
            assert value in self.objects and value not in self.gone
        known[name] = value

    def place(self, it, known, parts):
        names = NOTATIONS[len(parts)].split()
        before = known.get("T")
        assert before is None or list(before) == names, "the notation of an object stays"
        assert before or all(parts)
        place = {n: number(p) if p else before[n] for n, p in zip(names, parts)}
        assert abs(place["lon"]) <= 180 and abs(place["lat"]) <= 90
        known["T"] = place
        self.tracks.setdefault(it, []).append((self.time, place))

    def event(self, value):
        kind, *numbers, text = value.split("|")
        assert kind in EVENTS and text, value
        numbers = [object_id(n) for n in numbers]
        assert set(numbers) <= set(self.objects) - (set(self.gone) - self.leaving)
        self.events.append((self.time, kind, numbers, text))

    def of(self, tag):
        return [it for it, o in self.objects.items() if tag in o["Type"]]


def read(replay, folder):
    path = folder / "duel.acmi"
    assert replay.to_acmi(path) == path
    return Acmi(path.read_bytes())


def check(replay, acmi):
    "Is the match in `acmi` the one of `replay`?"
    rules, frames = replay.rules, replay.frames
    wide, seconds = 2 * rules.half_width, replay.ticks / rules.tick_rate
    planes = [[], []]
    for it in acmi.of("FixedWing"):
        planes[acmi.objects[it]["Color"] == "Orange"].append(it)
    assert len(planes[0]) == 1
    shown = np.full((len(frames), 2), np.nan)
    for seat in range(2):
        for it in planes[seat]:
            last = None
            for time, state in acmi.states[it]:
                k = np.abs(seconds - time).argmin()
                x, y, yaw, v, hp, _, alive, _ = frames[k, seat].astype(float)
                place = state["T"]
                assert abs(seconds[k] - time) < 1e-5
                off = (place["u"] - x + wide / 2) % wide - wide / 2
                assert abs(off) < 0.02 and abs(place["alt"] - y) < 0.02 and place["v"] == 0
                assert abs(place["lon"] * 111319.49 - place["u"]) < 0.02 and place["lat"] == 0
                pitch, heading = math.radians(place["pitch"]), math.radians(place["yaw"])
                nose = math.cos(pitch) * math.sin(heading), math.sin(pitch)
                assert np.allclose(nose, (math.cos(yaw), math.sin(yaw)), atol=1e-3)
                assert place["yaw"] == place["heading"] and place["roll"] in (0, 180)
                assert abs(state["Health"] - (hp / rules.hit_points if alive else 0)) < 1e-3
                assert abs(state["IAS"] - v) < 0.01
                if last and time > last[0]:  # nobody jumps
                    far = 1.3 * rules.max_speed * (time - last[0]) + 1
                    assert abs(place["u"] - last[1]) < far
                last = time, place["u"]
                shown[k, seat] = place["u"]
    # a frame that changes nothing is not written
    both = np.isfinite(shown).all(1)
    apart = (frames[both, 1, 0] - frames[both, 0, 0] + wide / 2) % wide - wide / 2
    assert np.abs(shown[both, 1] - shown[both, 0] - apart).max() < 0.05
    check_events(replay, acmi, planes)


def check_events(replay, acmi, planes):
    end, rules = replay.end, replay.rules
    messages = [(n, text) for _, kind, n, text in acmi.events if kind == "Message"]
    for seat in range(2):
        hits = [n for n, text in messages if " hits " in text and n[0] in planes[seat]]
        assert len(hits) == end["hits"][seat]
        shots = [b for b in acmi.of("Bullet") if acmi.objects[b]["Parent"] in planes[seat]]
        assert len(shots) == end["shots"][seat]
    destroyed = [n[0] for _, kind, n, _ in acmi.events if kind == "Destroyed"]
    dead = [seat for seat in range(2) if not replay.frames[-1, seat, 6]]
    assert [d in planes[seat] for d, seat in zip(destroyed, dead)] == [True] * len(dead)
    assert set(destroyed) <= set(acmi.gone) and set(acmi.of("Bullet")) <= set(acmi.gone)
    assert acmi.events[-1][0] == pytest.approx(end["ticks"] / rules.tick_rate, abs=1e-5)
    assert any(kind == "Bookmark" for _, kind, _, _ in acmi.events) == bool(
        sum(end["hits"]) or dead
    )
    # the bullets that a frame shows are where the file has them
    wide = 2 * rules.half_width
    flights = {b: dict(acmi.tracks[b]) for b in acmi.of("Bullet")}
    for k, x, y, _, _, owner in replay.bullets.astype(float).tolist()[::7]:
        time = round(float(replay.ticks[int(k)]) / rules.tick_rate, 6)
        near = [
            abs((t[time]["u"] - x + wide / 2) % wide - wide / 2) + abs(t[time]["alt"] - y)
            for b, t in flights.items()
            if time in t and acmi.objects[b]["Parent"] in planes[int(owner)]
        ]
        assert min(near) < 0.6, (k, x, y)


NAMES = [
    ("ace", "ace"),
    ("a,b=c,Type=Ground+Tank", "\\"),
    ("x\n#0\n-1\r\n0,Event=Message|boo", "y\u2028z\x0b\x85\x1e"),
    ("\\,", ",\\"),
    ("战斗机 🛩 é", "\u202enogard\ufeff"),
    ("|1|2|dead", "\ud800 lone"),
    ("", "   "),
    ("// no comment", "0"),
    ("n" * 5000, "C:\\pilots\\new,old"),
]


@pytest.mark.parametrize("names", NAMES)
def test_whatever_pilots_are_called(names, tmp_path):
    duel = play("ace", "brawler", n=12, seed=1, record=12).replays[11]
    acmi = read(replace(duel, names=names), tmp_path)
    check(replace(duel, names=names), acmi)
    plain = [acmi.objects[it]["Name"] for it in acmi.of("FixedWing")]
    for name, shown in zip(names, plain):
        wanted = "".join(c if c.isprintable() else " " for c in name).replace("\\", "＼").strip()
        assert shown == wanted or (not wanted and shown.startswith("seat "))


RULES = {
    "slow ticks": dict(tick_rate=60, decision_ticks=5, match_ticks=1200),
    "odd ticks": dict(tick_rate=97, decision_ticks=7, match_ticks=3000),
    "narrow": dict(half_width=150),
    "one hit": dict(hit_points=1),
    "many hits": dict(hit_points=15, match_ticks=4000),
    "short": dict(match_ticks=20),
}


@pytest.mark.parametrize("rules", RULES)
def test_whatever_the_rules(rules, tmp_path):
    for pair in (("ace", "brawler"), ("dogfighter", "do_nothing")):
        rules_ = Rules(**RULES[rules])
        for replay in play(*pair, n=3, seed=4, record=3, rules=rules_).replays:
            check(replay, read(replay, tmp_path))


def test_other_frames_and_files(tmp_path):
    "Frames of every tick, frames too far apart, a file of the public challenge."
    for stride in (1, 12):
        short = dict(record=2, stride=stride, rules=Rules(match_ticks=2400))
        duel = play("ace", "chaser", n=2, seed=3, **short).replays[1]
        acmi = read(duel, tmp_path)
        assert len(acmi.of("Bullet")) == sum(duel.end["shots"])
    known = Replay.load(duel.save(tmp_path / "duel.json"))
    known.actions = known.actions[:0]
    acmi = read(known, tmp_path)
    assert not any("Throttle" in o for o in acmi.objects.values()) and acmi.of("Bullet")
    none = play("ace", "chaser", n=1, seed=3, record=0).replays
    for wrong in (
        none,
        None,
        "duel.npz",
        replace(duel, frames=duel.frames[:1], ticks=duel.ticks[:1]),
    ):
        with pytest.raises(InputError, match="no replay"):
            to_acmi(wrong, tmp_path / "none.acmi")
    assert not (tmp_path / "none.acmi").exists()


def test_the_reader_is_strict(tmp_path):
    "A file with one thing wrong is refused, so that the other tests mean something."
    duel = play("ace", "brawler", n=12, seed=1, record=12).replays[11]
    good = duel.to_acmi(tmp_path / "duel.acmi").read_bytes()
    Acmi(good)
    for old, new in (
        (b"\xef\xbb\xbf", b""),
        (b"FileVersion=2.2", b"FileVersion=1.0"),
        (b"ReferenceTime=2026", b"ReferenceTime=May"),
        (b"Color=Blue", b"Color=Azure"),
        (b"Air+FixedWing", b"Air+Kite"),
        (b"\n#0\n", b"\n#9\n"),
        (b"\n1,T=", b"\n1,T=|"),
        (b"\n1,T=", b"\nxyz,T="),
        (b"Health=1", b"Health=5"),
        (b"Parent=1", b"Parent=77"),
        (b"Event=Destroyed|1|", b"Event=Destroyed|99|"),
        (b"IAS=", b"Speed="),
    ):
        assert old in good
        with pytest.raises((AssertionError, KeyError, ValueError)):
            Acmi(good.replace(old, new, 1))
