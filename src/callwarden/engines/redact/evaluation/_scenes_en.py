"""Scenes of English calls. Written from how callers speak, without a look at the rules of the engine."""

from __future__ import annotations

from collections.abc import Callable

from . import _people as people
from ._numbers import EN_STYLES, english, groups, say_digits, told
from ._writer import Part, Value, Writer, filled

Scene = Callable[[Writer], None]
A, C = "agent", "customer"
_BACK = ("okay", "uh huh", "mm hmm", "got it, go on", "yes", "all right and the rest", "okay one second", "right")
_YES = ("yes", "that's right", "correct", "yep that's it")


def opening(w: Writer) -> None:
    w.say(
        A,
        w.pick(
            "thank you for calling, how can i help you today?",
            "customer care, what can i do for you?",
            "good morning, you've reached billing support, how may i help",
        ),
    )


def closing(w: Writer) -> None:
    w.say(
        A, w.pick("is there anything else i can do for you?", "you should get a confirmation within two business days")
    )
    w.say(C, w.pick("no that's all, thanks", "nope, have a good one", "that'll be it"))


def number_asked(w: Writer, kind: str, number: str, questions: tuple[str, ...], leads: tuple[str, ...]) -> None:
    w.say(A, w.pick(*questions))
    lead = w.pick(*leads)
    if len(number) >= 9 and w.often(0.4):
        in_parts(w, kind, number, lead)
    elif len(number) == 10 and w.often(0.25):
        corrected(w, kind, number, lead)
    else:
        w.say(C, lead, *told(kind, number, "en", w.chance), w.pick("", "", ".", " did you get that"))
        if w.often(0.3):
            w.say(
                A,
                w.pick("let me read that back, ", "so that's ", "okay ", ""),
                *told(kind, number, "en", w.chance, manner="echo"),
                w.pick(", correct?", ", right", ""),
            )
            w.say(C, w.pick(*_YES))


def in_parts(w: Writer, kind: str, number: str, lead: str) -> None:
    parts = groups(number, w.chance)
    echoing = w.often(0.3)
    for place, part in enumerate(parts):
        said = english(part, w.pick(*EN_STYLES[:5]), w.chance)
        start: list[Part] = (
            [lead] if place == 0 and w.often(0.7) else [w.pick("", "", "um ", "then ", "and ")] if place else []
        )
        w.say(C, *start, Value(kind, said, part, "parts"))
        if place + 1 < len(parts) or w.often(0.3):
            if echoing:
                w.say(
                    A,
                    say_digits(kind, part, "en", w.pick("single", "written"), w.chance, "echo"),
                    w.pick("", " okay", " uh huh"),
                )
            else:
                w.say(A, w.pick(*_BACK))


def corrected(w: Writer, kind: str, number: str, lead: str) -> None:
    wrong = number[:3] + people.digits(w.chance, 3)
    w.say(
        C,
        lead,
        say_digits(kind, wrong, "en", w.pick("single", "oh"), w.chance, "corrected"),
        w.pick(", no wait, ", " sorry scratch that it's ", " actually no it's ", ", i mean "),
        say_digits(kind, number, "en", w.pick("single", "oh"), w.chance, "corrected"),
    )


def phone(w: Writer) -> None:
    number_asked(
        w,
        "PHONE",
        people.us_phone(w.chance),
        (
            "what's the best number to reach you?",
            "can i get a callback number",
            "and a phone number for the account please",
            "which number should our driver call",
        ),
        ("", "it's ", "sure, ", "yeah it's ", "my cell is ", "that would be ", "um "),
    )


def phone_volunteered(w: Writer) -> None:
    template = w.pick(
        "just call me back on {n} after five",
        "i've been getting texts on {n} all week",
        "my husband's number is {n}",
        "please take {n} off your list",
        "{n} is the number i registered with",
        "the missed call was from {n}",
    )
    w.say(C, *filled(template, {"n": told("PHONE", people.us_phone(w.chance), "en", w.chance)}))


def bank_card(w: Writer) -> None:
    number_asked(
        w,
        "CARD_PAN",
        people.card(w.chance),
        (
            "could you read me the long number on the card?",
            "what's the card number",
            "which card would you like to use, go ahead with the digits",
        ),
        ("", "it's ", "okay so it's ", "ready? ", "the number is "),
    )


def card_security(w: Writer) -> None:
    if w.often(0.5):
        w.say(A, w.pick("and the three digits on the back?", "what's the security code"))
        w.say(
            C,
            w.pick("", "it's ", "uh "),
            say_digits("CARD_CVV", people.digits(w.chance, 3), "en", w.pick("written", "single", "oh"), w.chance),
        )
    else:
        month, year = f"{w.chance.randint(1, 12):02}", str(w.chance.randint(26, 33))
        spoken = f"{english(month, 'oh' if month[0] == '0' else 'pairs', w.chance)} {english(year, 'pairs', w.chance)}"
        text = f"{month}/{year}" if w.often(0.4) else spoken
        w.say(A, w.pick("and when does it expire?", "expiration date please"))
        w.say(C, w.pick("", "it's ", "that's "), Value("CARD_EXPIRY", text))


def social(w: Writer) -> None:
    if w.often(0.4):
        w.say(
            A,
            w.pick(
                "can you verify the last four of your social", "last four digits of your social security number please"
            ),
        )
        w.say(
            C,
            w.pick("", "it's ", "sure "),
            say_digits(
                "US_SSN", people.digits(w.chance, 4), "en", w.pick("written", "single", "oh", "pairs"), w.chance
            ),
        )
    else:
        number_asked(
            w,
            "US_SSN",
            people.ssn(w.chance),
            ("what is your social security number", "i'll need your full social"),
            ("", "it's ", "okay "),
        )


def one_time_code(w: Writer) -> None:
    w.say(
        A,
        w.pick(
            "i just texted you a code, what is it?",
            "please read me the verification code",
            "what's the six digit code we sent",
        ),
    )
    w.say(
        C,
        w.pick("", "it's ", "okay got it, ", "it says "),
        *told("OTP", people.digits(w.chance, 6), "en", w.chance, plain=True),
    )


def name_told(w: Writer) -> None:
    name = Value("PERSON", people.en_name(w.chance))
    first = Value("PERSON", people.en_first(w.chance))
    if w.often(0.5):
        w.say(
            A,
            w.pick(
                "may i have your name please?",
                "who am i speaking with?",
                "and the name on the account?",
                "can i get your first and last name",
            ),
        )
        w.say(
            C,
            *filled(w.pick("{n}", "it's {n}", "sure, {n}", "yes this is {n}", "my name is {n}", "uh {n}"), {"n": name}),
        )
    else:
        w.say(
            C,
            *filled(
                w.pick(
                    "hi my name is {n} and i'm calling about my bill",
                    "hello this is {n} calling about an order",
                    "this is {f} i spoke with someone yesterday",
                    "yeah hi {n} here, my internet is down",
                    "my wife {f} set up the account",
                    "my name's {f} by the way",
                    "i'm calling on behalf of {n}",
                    "the policy is under {n}",
                ),
                {"n": name, "f": first},
            ),
        )


def spelled(w: Writer) -> None:
    last = people.en_last(w.chance).replace("'", "")
    letters = Value("PERSON", w.pick(" ", " ", "-", ", ").join(last), last, "spelled")
    if w.often(0.5):
        w.say(A, w.pick("how do you spell your last name?", "could you spell that for me"))
        w.say(C, w.pick("", "sure ", "it's "), letters)
    else:
        w.say(
            C,
            *filled(
                w.pick("this is {l}, {s}", "last name {l}, {s}", "my last name is {l} that's {s}"),
                {"l": Value("PERSON", last), "s": letters},
            ),
        )


def title(w: Writer) -> None:
    last = Value("PERSON", people.en_last(w.chance))
    w.say(
        A,
        *filled(
            w.pick(
                "thank you mister {l}, one moment",
                "okay ms {l} i see your account",
                "is this mrs {l}?",
                "mr {l} thanks for holding",
            ),
            {"l": last},
        ),
    )


def address(w: Writer) -> None:
    house, street, town, state, code = people.en_place(w.chance)
    said = (
        house
        if w.often(0.5)
        else english(house, "single", w.chance)
        if len(house) != 4
        else english(house, "pairs", w.chance)
    )
    apartment = w.pick("", "", " apartment 4b", " unit twelve", " apt 301")
    zip_code = code if w.often(0.5) else english(code, "single", w.chance)
    parts: list[Part] = [Value("ADDRESS", f"{said} {street}{apartment}")]
    if w.often(0.6):
        parts += [w.pick(" ", ", ", " in "), Value("ADDRESS", f"{town} {state} {zip_code}")]
    w.say(
        A,
        w.pick(
            "what's the shipping address?",
            "where should we send it",
            "can you confirm your home address",
            "what is your service address",
        ),
    )
    w.say(C, w.pick("", "it's ", "i live at ", "sure, ", "send it to "), *parts)


def email(w: Writer) -> None:
    first, last = people.en_first(w.chance), people.en_last(w.chance).replace("'", "")
    year = people.digits(w.chance, 2)
    host = w.pick("gmail", "yahoo", "outlook", "hotmail", "example")
    if w.often(0.4):
        text = f"{first}.{last}{year}@{host}.com"
    else:
        text = (
            w.pick(
                f"{first} dot {last}",
                f"{first} underscore {last}",
                f"{first} {english(year, 'single', w.chance)}",
                " ".join(first),
            )
            + f" at {host} dot com"
        )
    w.say(A, w.pick("what email should i send that to?", "and your email address"))
    w.say(C, w.pick("", "it's ", "my email is "), Value("EMAIL", text, manner="written" if "@" in text else "spoken"))


def account(w: Writer) -> None:
    kind, questions = w.chance.choice(
        [
            ("BANK_ACCOUNT", ("what's your account number?", "can you give me the checking account number")),
            ("MEMBER_NO", ("your member number please", "what is the policy number")),
            ("ORDER_NO", ("do you have the order number?", "what's the tracking number")),
        ]
    )
    number_asked(
        w, kind, people.digits(w.chance, w.chance.choice([8, 9, 10, 12])), questions, ("", "it's ", "yeah ", "okay ")
    )


def iban(w: Writer) -> None:
    number = people.iban(w.chance)
    text = number if w.often(0.5) else " ".join(number[place : place + 4] for place in range(0, len(number), 4))
    w.say(C, w.pick("my iban is ", "please refund to ", "the account is "), Value("IBAN", text))


def birth(w: Writer) -> None:
    month = w.pick("january", "march", "april", "july", "september", "december")
    day = w.pick("third", "twenty second", "fourteenth", "first", "thirtieth")
    year = w.pick("nineteen eighty four", "1979", "nineteen sixty", "two thousand and one", "nineteen ninety nine")
    text = w.pick(
        f"{month} {day} {year}", f"{w.chance.randint(1, 12)}/{w.chance.randint(1, 28)}/19{people.digits(w.chance, 2)}"
    )
    w.say(A, w.pick("can i have your date of birth?", "and what's your birthday"))
    w.say(C, w.pick("", "it's ", "yeah "), Value("DOB", text))


# What must stay ----------------------------------------------------------------------------------------------------


def harmless(w: Writer) -> None:
    """Numbers that are nobody's: prices, counts, dates, times, measures."""
    w.say(
        w.pick(A, C),
        w.pick(
            "i was charged forty nine ninety nine twice last month",
            "we need a table for six at seven thirty on friday",
            "your balance is one hundred and twenty three dollars and sixteen cents",
            "it took two hours and forty five minutes to get through",
            "the flight leaves at ten fifteen and lands at one oh five",
            "we've been customers since two thousand and eight",
            "i drove about twelve thousand miles last year",
            "there are three adults and two kids, four nights in total",
            "the plan is sixty five a month for the first twelve months",
            "you get twenty percent off orders over a hundred dollars",
            "the appointment is on march third between nine and eleven",
            "it's a two thousand nineteen honda civic with thirty thousand miles",
            "the room is 189 dollars a night plus 14 percent tax",
            "it should arrive in five to seven business days",
            "my deductible is five hundred and the premium went up by eighty",
            "the package weighs about three point five pounds",
            "i've called four times since the twenty second of june",
            "we are open from eight to six monday through friday",
            "there's a one year warranty and a thirty day return window",
            "please press one for billing or two for technical support",
        ),
    )


def talk(w: Writer) -> None:
    """A stretch of talk without a value."""
    w.say(
        C,
        w.pick(
            "i'm really upset about this charge",
            "the screen keeps going black",
            "i want to cancel my subscription",
            "this is ridiculous honestly",
        ),
    )
    w.say(
        A,
        w.pick(
            "i understand, let me take a look at that for you",
            "i'm sorry to hear that, one moment",
            "okay so i'm seeing two charges of fifteen dollars each",
        ),
    )
    w.say(C, w.pick("okay thank you", "sure take your time", "so what happens now", "i'm happy to wait"))


SCENES: tuple[tuple[Scene, int], ...] = (
    (phone, 6),
    (phone_volunteered, 3),
    (bank_card, 4),
    (card_security, 2),
    (social, 2),
    (one_time_code, 2),
    (name_told, 6),
    (spelled, 2),
    (title, 2),
    (address, 4),
    (email, 3),
    (account, 3),
    (iban, 1),
    (birth, 2),
    (harmless, 10),
    (talk, 4),
)
