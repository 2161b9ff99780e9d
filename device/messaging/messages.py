"""The messages of the kiosk and of its page: the keys of each, and what they mean.

What the kiosk sends is a `TypedDict`, which mypy checks; what it receives is a `Received` model,
which checks each payload. `docs/messages.md` and `docs/schemas/` have the descriptions that stand
here (`tools/documents.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from typing_extensions import TypedDict  # pydantic takes typing's from Python 3.12 on

from device.names import ItemVerdict, Kind, PageAction, ReasonCode, ScreenState

Notice: TypeAlias = Literal["watching", "not_watching", "opted_out", "demo"]
Verdict: TypeAlias = Literal[ItemVerdict, "opt_out", "opt_in"]
Protocol: TypeAlias = Literal["5", "3.1.1"]
Time: TypeAlias = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Word: TypeAlias = Annotated[str, Field(pattern=r"^[a-z_-]{1,32}$")]


class Status(TypedDict):
    """Whether the kiosk is running. The last will says `offline`. At the hub of a fleet it is the
    agent's: `stopped` while the machine is there and the kiosk's program is not."""

    state: Literal["online", "stopped", "offline"]
    boot: Annotated[str, Field(description="id of this start of the kiosk")]
    release: Annotated[str, Field(description="version that is running")]
    at: Annotated[Time, Field(description="now; in a last will, when the connection began")]


class ReasonMessage(TypedDict):
    """Why an item is suggested: never the mood, age, gender or company of anyone."""

    code: ReasonCode
    argument: Annotated[
        str | int | None,
        Field(description="tag; metres of `distance`; `HH:MM` of `open_until`; year of `decade`"),
    ]


class Card(TypedDict):
    """One suggestion. Text that is not known is empty."""

    id: Annotated[str, Field(description="in the catalogue")]
    kind: Kind
    title: str
    creator: Annotated[str, Field(description="of a film or song")]
    place: Annotated[str, Field(description="address of a place")]
    year: int | None
    distance_m: Annotated[
        int | None, Field(description="metres from the kiosk, on foot where footways are known")
    ]
    walk_min: Annotated[int | None, Field(description="minutes on foot from the kiosk")]
    why: Annotated[list[str], Field(description="`reasons` in the kiosk's first language")]
    reasons: Annotated[list[ReasonMessage], Field(description="why, for words in any language")]
    titles: Annotated[dict[str, str], Field(description="`title` in other languages, by code")]
    picture: Annotated[str, Field(description="path in the folder `pictures` beside the page")]
    route: Annotated[str, Field(description="web address of the way there, shown as a QR code")]
    link: Annotated[
        str,
        Field(description="web or `geo:` address, a QR code on the opened card, and on others "
              "where there is no `route`"),
    ]  # fmt: skip
    credit: Annotated[str, Field(description="what its licence wants to be shown beside it")]
    hours: Annotated[
        list[str] | None,
        Field(description="when it is open today, local `HH:MM-HH:MM`; null: not known"),
    ]
    price: Annotated[str, Field(description="what it costs, in words")]
    wheelchair: Annotated[
        Literal["yes", "limited", "no"] | None, Field(description="whether a wheelchair gets in")
    ]
    way: Annotated[
        str,
        Field(description="the way on foot, from the kiosk, as an encoded polyline (`polyline6`)"),
    ]
    bearing: Annotated[int | None, Field(description="degrees from north, clockwise")]
    about: Annotated[str, Field(description="two lines about it, for the opened card")]
    abouts: Annotated[dict[str, str], Field(description="`about` in other languages, by code")]


class SkyMessage(TypedDict):
    """The weather of the site, while it is known to hold."""

    condition: Annotated[str, Field(description="such as `rain`")]
    celsius: Annotated[int | None, Field(description="degrees")]


class OpenPlaceMessage(TypedDict):
    """A place that is open now, and suits all ages."""

    title: str
    titles: Annotated[dict[str, str], Field(description="`title` in other languages, by code")]
    until: Annotated[str, Field(description="local `HH:MM`")]
    walk_min: Annotated[int | None, Field(description="minutes on foot from the kiosk")]
    credit: Annotated[str, Field(description="what its licence wants to be shown beside it")]


class AroundMessage(TypedDict):
    """What the resting screen tells of the place, the same for everybody."""

    clock: Annotated[bool, Field(description="whether the kiosk knows the time of day")]
    sky: Annotated[SkyMessage | None, Field(description="null: not known, or not for how long")]
    open_places: Annotated[list[OpenPlaceMessage], Field(description="a few, other ones in turn")]


class Suggestions(TypedDict):
    """What the page shows. Replaced when the cards leave. The streets of the map on the page are
    not in this message: they lie in `map.json` beside the page, as the pictures do."""

    state: ScreenState
    serial: Annotated[int, Field(description="changes with the screen, not with a refresh")]
    at: Annotated[Time, Field(description="when it was published")]
    expires_at: Annotated[Time, Field(description="not to be shown after this")]
    lifetime_s: Annotated[float, Field(description="`expires_at` - `at`; refreshed every third")]
    notice: Annotated[Notice, Field(description="which notice the page must show")]
    items: list[Card]
    around: Annotated[AroundMessage | None, Field(description="null unless it rests")]


class ScreenPower(TypedDict):
    """Whether the screen is on: off outside `display.hours`. Said again with every `health`."""

    on: bool


class RequestMessage(TypedDict):
    """What was asked for aloud."""

    thing: Annotated[str, Field(description="as it was said, in English; empty: anything")]
    features: Annotated[list[str], Field(description="kinds, categories and tags that are it")]
    open_now: bool
    near: bool
    quiet: bool
    children: bool


class Heard(TypedDict):
    """What has become of asking aloud, on each change. It stays on the kiosk."""

    state: Annotated[
        Literal["closed", "listening", "thinking", "understood", "nothing", "asked"],
        Field(description="`listening`: the microphone is open; `asked`: the cards follow it"),
    ]
    request: Annotated[
        RequestMessage | None, Field(description="of `understood`, to be confirmed, and `asked`")
    ]
    at: Time


class Press(TypedDict):
    """A press of a button at the screen. The page does nothing with one that is older than two
    seconds. It stays on the kiosk."""

    action: PageAction
    at: Time


class Step(TypedDict):
    """A loop of the kiosk."""

    ok: Annotated[bool, Field(description="false: it hangs")]
    age_s: Annotated[float, Field(description="seconds since it last turned")]


class CameraHealth(TypedDict):
    """The camera."""

    state: Literal["open", "dark", "lost", "closed", "ended", "hung", "waiting_for_page"]
    since_s: Annotated[float, Field(description="seconds in this state; dark: since it is open")]
    reason: Annotated[str, Field(description="empty, or why it is lost or closed")]
    luma: Annotated[float | None, Field(description="mean of the last picture, 0 to 255")]


class Choice(TypedDict):
    """What is in use, and why."""

    name: str
    reason: str


class Drops(TypedDict):
    """What has been dropped since the start."""

    frames: Annotated[int, Field(description="replaced by a newer frame")]
    messages: Annotated[int, Field(description="lost because a queue was full")]


@dataclass(frozen=True, slots=True)
class BusState:
    """The connection to the broker. Counts are since the start."""

    alive: Annotated[bool, Field(description="false: its thread has died")]
    connected: bool
    protocol: Annotated[Protocol | None, Field(description="version of MQTT")]
    since_s: Annotated[float, Field(description="seconds since it was established or lost")]
    acknowledged: Annotated[int, Field(description="publishes that the broker has confirmed")]
    acknowledged_age_s: Annotated[float | None, Field(description="seconds since the last")]
    waiting: Annotated[int, Field(description="messages that the broker has not confirmed")]
    refused: Annotated[int, Field(description="publishes that the broker did not allow")]
    drops: Annotated[int, Field(description="messages lost because a queue was full")]
    malformed: Annotated[int, Field(description="messages received and ignored")]
    reconnects: int
    takeovers: Annotated[int, Field(description="connections lost to a client of the same id")]
    trouble: Annotated[str | None, Field(description="what is wrong, in words")]
    warning: Annotated[str | None, Field(description="what works and should not stay so")]


class Health(TypedDict):
    """How the kiosk is. What has no sensor, and what does not answer, is null."""

    at: Time
    boot: Annotated[str, Field(description="id of this start of the kiosk")]
    uptime_s: float
    steps: Annotated[dict[str, Step], Field(description="by name of the loop")]
    camera: CameraHealth | None
    fps: Annotated[float | None, Field(description="frames per second")]
    detector: Annotated[Choice | None, Field(description="of faces")]
    accelerator: Annotated[Choice | None, Field(description="which processor runs the models")]
    runtime: Annotated[str | None, Field(description="library that runs the models")]
    drops: Drops | None
    broker: BusState | None
    clock: Literal["synchronised", "waiting", "unknown"] | None
    temperature_c: Annotated[float | None, Field(description="of the board, degrees Celsius")]
    undervoltage: bool | None
    throttled: Annotated[list[str] | None, Field(description="what throttles the board now")]
    rss_mb: Annotated[float | None, Field(description="resident memory, megabytes")]
    disk_free_mb: Annotated[float | None, Field(description="free for what the kiosk keeps")]
    catalogue_days: Annotated[
        float | None, Field(description="since the catalogue's file was written on this kiosk")
    ]
    wifi_dbm: Annotated[float | None, Field(description="level of the wireless network")]
    reboot_waits: Annotated[
        bool | None, Field(description="security updates wait for one; null: none are installed")
    ]


Cells: TypeAlias = dict[str, int | None]


class HourSums(TypedDict):
    """Adult visitors of an hour, and touches of anyone. Small counts are null, and so is each that
    would reveal one."""

    visitors: int | None
    by_mood: Cells
    by_age_band: Cells
    by_company: Cells
    touches: Annotated[Cells, Field(description="by verdict")]


class Counts(HourSums):
    """Adult visitors of an hour, and touches of anyone. Small counts are null, and so is each that
    would reveal one."""

    hour: Annotated[Time | None, Field(description="its beginning; null: the clock was not set")]


class Touches(TypedDict):
    """Touches and screens by item, whoever was there, at the end of a day: what was not told
    before. A small count waits for more, and so does each that would reveal one; it is unknown, not
    zero."""

    day: Annotated[str, Field(description="local date of the day that ended, such as 2026-11-29")]
    by_daypart: Annotated[
        dict[str, dict[str, dict[str, int]]],
        Field(description="daypart, item, verdict: touches; `any`: of several days and dayparts"),
    ]
    screens: Annotated[dict[str, int], Field(description="by item: screens on which it stood")]


class Received(BaseModel):
    """A message to the kiosk. Unknown keys are ignored; anything else must be as declared."""

    model_config = ConfigDict(frozen=True, strict=True)


class Display(Received):
    """Heartbeat of the page, every 3 s and on each change."""

    state: Annotated[Word, Field(description="what is on the screen")]
    serial: Annotated[int | None, Field(description="of the suggestions it shows")] = None
    release: Annotated[str, Field(description="that the page is of", max_length=64)] = ""
    shows_notice: Annotated[bool, Field(description="false closes the camera")]
    at: Time | None = None
    since: Annotated[Time | None, Field(description="when this came on the screen")] = None
    used_at: Annotated[
        Time | None, Field(description="when a finger, key or button last did something on it")
    ] = None
    seen: Annotated[
        tuple[Annotated[str, Field(max_length=128)], ...] | None,
        Field(description="ids of the items that have been in view; null: all", max_length=8),
    ] = None


class Feedback(Received):
    """A touch."""

    item_id: Annotated[
        Annotated[str, Field(min_length=1, max_length=128)] | None,
        Field(description="the item touched; null for `opt_out` and `opt_in`"),
    ] = None
    verdict: Annotated[
        Verdict, Field(description="`chosen`: the card was opened; `scanned`: its code was touched")
    ]
    at: Annotated[Time, Field(description="time of the touch, by which two of them differ")]

    @model_validator(mode="after")
    def _about_an_item(self) -> Feedback:
        if self.item_id is None and self.verdict not in ("opt_out", "opt_in"):
            raise ValueError("item_id: missing")
        return self


class Ask(Received):
    """What somebody does with the button to ask aloud by. It stays on the kiosk.

    `hold` is said again twice a second, and opens the microphone once for each press.
    """

    action: Annotated[
        Literal["hold", "release", "yes", "no"],
        Field(description="`yes`: what was understood is meant; `no`: it is not, or no longer"),
    ]
    press: Annotated[str, Field(description="a name of this press", min_length=1, max_length=32)]
    shows_notice: Annotated[
        bool, Field(description="false, or missing: the microphone stays closed")
    ] = False
    at: Annotated[Time, Field(description="by which two of them differ")]


class Weather(Received):
    """Weather of the site, for all of its kiosks. Optional. The resting screen shows it only where
    it says until when it holds."""

    condition: Annotated[Word, Field(description="such as `rain`")]
    celsius: Annotated[
        float | None, Field(description="degrees", ge=-90, le=60, allow_inf_nan=False)
    ] = None
    expires_at: Annotated[AwareDatetime | None, Field(description="not valid after this")] = None


R = TypeVar("R", bound=Received)
