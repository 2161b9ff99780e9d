"""The program that says where the sounds of a text lie in time: `timer.py VOICE WORDS_A_MINUTE`.

It reads a text and writes a line of JSON: [[milliseconds, phoneme in the IPA], ...], in order; an
empty phoneme is a pause. espeak-ng's command line does not tell these times, and its library does,
so this runs in a process of its own, with nothing of this program but this file: the library is
under the GPL 3. The times are those of the command line's sound, whose parameters are the same.
"""

from __future__ import annotations

import ctypes
import json
import sys

LIBRARY = "libespeak-ng.so.1"

SYNCHRONOUS = 2
PHONEME_EVENTS, IN_IPA, RETURN_ERRORS = 1, 2, 1 << 15
RATE = 1
UTF8, WITHOUT_END_PAUSE = 1, 0
BY_CHARACTER = 1
LAST, PHONEME = 0, 7
"""Constants of espeak-ng's `speak_lib.h`; no output of them opens a sound card."""


class Event(ctypes.Structure):
    """`espeak_EVENT` of `speak_lib.h`, whose `id` is the phoneme's eight bytes here."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


class Voice(ctypes.Structure):
    """`espeak_VOICE` of `speak_lib.h`."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("unused", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


Heard = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event)
)


def times(text: bytes, voice: str, words_a_minute: int) -> list[tuple[int, str]]:
    """Milliseconds and phoneme of each sound of a text in UTF-8.

    Raises:
        OSError: the library, its data or the voice is missing.
    """
    library = ctypes.CDLL(LIBRARY)
    options = PHONEME_EVENTS | IN_IPA | RETURN_ERRORS
    if library.espeak_Initialize(SYNCHRONOUS, 0, None, options) < 0:
        raise OSError(f"{LIBRARY}: its data is missing")
    named = voice.encode()
    as_language = Voice(languages=named)  # what the command line takes a name for that is no voice
    if library.espeak_SetVoiceByName(named) and library.espeak_SetVoiceByProperties(
        ctypes.byref(as_language)
    ):
        raise OSError(f"{voice}: no such voice")
    library.espeak_SetParameter(RATE, words_a_minute, 0)
    found: list[tuple[int, str]] = []

    def heard(_samples: object, _count: int, events: ctypes._Pointer[Event]) -> int:
        at = 0
        while (event := events[at]).type != LAST:
            if event.type == PHONEME:
                found.append((event.audio_position, event.id.decode("utf-8", "ignore")))
            at += 1
        return 0

    callback = Heard(heard)  # kept, since the library holds no reference to it
    library.espeak_SetSynthCallback(callback)
    whole = text + b"\0"
    flags = UTF8 | WITHOUT_END_PAUSE  # as with `-b 1 -z`, without phonemes in brackets
    library.espeak_Synth(whole, len(whole), 0, BY_CHARACTER, 0, flags, None, None)
    library.espeak_Synchronize()
    return found


if __name__ == "__main__":
    try:
        print(json.dumps(times(sys.stdin.buffer.read(), sys.argv[1], int(sys.argv[2]))))
    except OSError as error:
        sys.exit(str(error))
