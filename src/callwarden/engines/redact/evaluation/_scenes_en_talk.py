"""More scenes of English calls: names spelled, addresses and e-mail over several turns, birth dates, Chinese words.

Written from how callers speak, without a look at the rules of the engine.
"""

from __future__ import annotations

from . import _papers as papers
from . import _people as people
from ._codes_said import spelled
from ._numbers import english, told
from ._scenes_en import A, C, Scene
from ._writer import Value, Writer, filled


def _bare(name: str) -> str:
    return name.replace("'", "")


def spelled_out(w: Writer) -> None:
    first, last = people.en_first(w.chance), _bare(people.en_last(w.chance))
    w.say(A, w.pick("can you spell your full name for me", "how is that spelled", "spell the last name please"))
    if w.often(0.5):
        w.say(C, w.pick("", "sure ", "first name "), Value("PERSON", spelled(first, w.chance), first, "spelled"))
        w.say(A, w.pick("okay", "and the last name", "got it"))
    w.say(C, w.pick("", "last name ", "that's "), Value("PERSON", spelled(last, w.chance), last, "spelled"))


def name_corrected(w: Writer) -> None:
    first, last = people.en_first(w.chance), people.en_last(w.chance)
    w.say(
        C,
        w.pick("hi this is ", "my name is "),
        Value("PERSON", f"{first} {last}", manner="written"),
        w.pick(" calling back", " i have a question"),
    )
    w.say(
        A,
        w.pick("thanks ", "hi "),
        Value("PERSON", people.en_first(w.chance), manner="echo"),
        w.pick(" how can i help", " one moment"),
    )
    w.say(C, w.pick("it's ", "no, ", "actually it's "), Value("PERSON", first, manner="corrected"))


def third_person(w: Writer) -> None:
    w.say(
        C,
        *filled(
            w.pick(
                "i'm calling for my mother {n}, she's the account holder",
                "my doctor is doctor {l}",
                "i spoke to a {f} in billing last tuesday",
                "can you add my daughter {n} as an authorized user",
                "the package is addressed to {n}",
                "my landlord {n} said you'd come out",
            ),
            {
                "n": Value("PERSON", people.en_name(w.chance), manner="written"),
                "l": Value("PERSON", people.en_last(w.chance), manner="written"),
                "f": Value("PERSON", people.en_first(w.chance), manner="written"),
            },
        ),
    )


def agent_named(w: Writer) -> None:
    w.say(
        A,
        *filled(
            w.pick(
                "you're speaking with {f} today",
                "this is {f}, how can i help",
                "my name is {f} and i'll be assisting you",
            ),
            {"f": Value("PERSON", people.en_first(w.chance), manner="written")},
        ),
    )


def address_in_parts(w: Writer) -> None:
    house, street, town, state, code = people.en_place(w.chance)
    said = house if w.often(0.5) else english(house, w.pick("single", "pairs"), w.chance)
    w.say(A, w.pick("what's your street address", "where are we delivering", "the address for the technician"))
    w.say(C, w.pick("", "it's ", "um "), Value("ADDRESS", f"{said} {street}", manner="parts"))
    w.say(A, w.pick("any apartment number", "okay and the city", "mm hmm"))
    if w.often(0.4):
        w.say(
            C,
            w.pick("", "yeah "),
            Value(
                "ADDRESS",
                w.pick("apartment ", "unit ", "apt ") + w.pick("4b", "twelve", "302", "seven c"),
                manner="parts",
            ),
        )
        w.say(A, w.pick("city and state", "okay and which city"))
    w.say(C, w.pick("", "that's ", "in "), Value("ADDRESS", f"{town} {state}", manner="parts"))
    w.say(A, w.pick("and the zip code", "zip"))
    w.say(
        C,
        w.pick("", "it's "),
        Value("ADDRESS", code if w.often(0.4) else english(code, w.pick("single", "oh"), w.chance), code, "parts"),
    )


def british_address(w: Writer) -> None:
    house, street = (
        str(w.chance.randint(2, 190)),
        w.pick("church road", "victoria terrace", "station lane", "high street", "mill close", "queens avenue"),
    )
    outward, inward = papers.post_code_gb(w.chance)
    flat = w.pick("", "", "flat 3 ", "flat two ")
    code = (
        f"{outward} {inward}"
        if w.often(0.5)
        else f"{spelled(outward, w.chance, how='bare')} {spelled(inward, w.chance, how='bare')}"
    )
    w.say(A, w.pick("what's the first line of your address and postcode", "can you confirm your address"))
    w.say(
        C,
        w.pick("", "it's ", "yeah "),
        Value("ADDRESS", f"{flat}{house} {street}", manner="spoken"),
        w.pick(" ", ", ", " postcode "),
        Value("ADDRESS", code, manner="spelled"),
    )


def email_in_parts(w: Writer) -> None:
    first, last = people.en_first(w.chance), _bare(people.en_last(w.chance))
    local = w.pick(
        f"{first} dot {last}",
        f"{first}{last[:1]}",
        spelled(first, w.chance, how="bare"),
        f"{last} {english(people.digits(w.chance, 2), 'single', w.chance)}",
    )
    host = w.pick("gmail", "yahoo", "outlook", "icloud", "protonmail")
    w.say(A, w.pick("what's a good email for the receipt", "and the email on file"))
    if w.often(0.5):
        w.say(C, w.pick("", "it's "), Value("EMAIL", local, manner="parts"))
        w.say(A, w.pick("okay", "at", "mm hmm"))
        w.say(C, Value("EMAIL", f"at {host} dot com", manner="parts"))
    else:
        wrong = w.pick("yahoo", "hotmail")
        w.say(
            C,
            w.pick("", "it's "),
            Value("EMAIL", f"{local} at {wrong} dot com", manner="corrected"),
            w.pick(" sorry no, ", " wait i mean ", " no make that "),
            Value("EMAIL", f"{local} at {host} dot com", manner="corrected"),
        )


def birth_in_parts(w: Writer) -> None:
    month, day, year = f"{w.chance.randint(1, 12):02}", f"{w.chance.randint(1, 28):02}", str(w.chance.randint(51, 99))
    w.say(A, w.pick("date of birth", "can you verify the date of birth on the account", "and when were you born"))
    if w.often(0.5):
        text = " ".join(english(part, "oh" if part[0] == "0" else "pairs", w.chance) for part in (month, day, year))
        w.say(C, w.pick("", "it's "), Value("DOB", text, f"{month}/{day}/{year}", "spoken"))
    else:
        w.say(
            C,
            w.pick("", "um "),
            Value(
                "DOB",
                w.pick("june", "may", "october", "february", "august")
                + " "
                + w.pick("ninth", "twelfth", "twentieth", "second"),
                manner="parts",
            ),
        )
        w.say(A, w.pick("and the year", "what year"))
        w.say(C, Value("DOB", "nineteen " + english(year, "pairs", w.chance), f"19{year}", "parts"))


def age(w: Writer) -> None:
    years = str(w.chance.randint(21, 89))
    said = english(years, w.pick("pairs", "written"), w.chance)
    if w.often(0.5):
        w.say(A, w.pick("how old is the patient", "and how old are you"))
        w.say(C, w.pick("", "she's ", "i'm "), Value("AGE", said, years, "spoken"))
    else:
        w.say(
            C,
            w.pick("my father is ", "i'm "),
            Value("AGE", said, years, "spoken"),
            " years old",
            w.pick("", " and i can't do this online"),
        )


def with_chinese(w: Writer) -> None:
    """An English call in which Chinese comes in."""
    if w.often(0.5):
        w.say(
            C,
            w.pick("my chinese name is ", "the account is under "),
            Value("PERSON", people.zh_name(w.chance), manner="written"),
        )
    else:
        w.say(A, w.pick("what's the phone number in china", "and your wechat phone number"))
        w.say(C, w.pick("okay it's ", "等一下, "), *told("PHONE", people.zh_mobile(w.chance), "zh", w.chance))


def harmless(w: Writer) -> None:
    """Numbers and words that are nobody's."""
    w.say(
        w.pick(A, C),
        w.pick(
            "i have the fifteen pro max with two fifty six gigs",
            "we sold two hundred and thirty five units in the first quarter",
            "the mortgage is three hundred thousand over thirty years at four point two percent",
            "i ordered it at two forty five in the morning and cancelled by five",
            "the battery is forty five hundred milliamp hours",
            "my flight is united ten twenty five, gate b twelve",
            "i was on hold for twenty some minutes and heard the same song three times",
            "turn left on route sixty six and go about eighteen miles",
            "it's a three bed two bath, about fourteen hundred square feet",
            "the meter read twelve oh three last month and fourteen eighty nine this month",
            "you have a one in four chance of getting the upgrade",
            "chapter eleven page two hundred and six of the manual",
            "set the oven to three fifty for forty minutes",
            "my blood pressure was one twenty over eighty",
            "the score was twenty one to seventeen at half time",
            "version thirteen point two point one, it's a one point six gig download",
            "we support seven day returns and fifteen day exchanges",
            "the error says four oh four page not found",
            "i'm on windows eleven with sixteen gigs of ram",
            "the fine was eighty five dollars plus a twelve fifty processing fee",
        ),
    )


def quarrel(w: Writer) -> None:
    """A stretch of talk without a value, with counts in it."""
    w.say(
        C,
        w.pick(
            "this is the third time i've called",
            "you people told me two weeks ago this was fixed",
            "i've been a customer for eleven years",
        ),
    )
    w.say(
        A,
        w.pick(
            "i completely understand and i apologize",
            "let me pull up the notes here",
            "i can offer you a twenty dollar credit",
        ),
    )
    w.say(C, w.pick("that's not good enough", "fine, how long will it take", "i want to speak to a supervisor"))
    w.say(
        A,
        w.pick(
            "it'll take three to five business days",
            "you should hear back within twenty four hours",
            "let me see what i can do",
        ),
    )


SCENES: tuple[tuple[Scene, int], ...] = (
    (spelled_out, 2),
    (name_corrected, 2),
    (third_person, 3),
    (agent_named, 2),
    (address_in_parts, 3),
    (british_address, 2),
    (email_in_parts, 2),
    (birth_in_parts, 2),
    (age, 2),
    (with_chinese, 1),
    (harmless, 8),
    (quarrel, 4),
)
