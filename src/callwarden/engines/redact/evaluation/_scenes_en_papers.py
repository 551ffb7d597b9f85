"""More scenes of English calls: papers and codes with letters, accounts, codes in parts, cards in one breath.

Written from how callers speak, without a look at the rules of the engine.
"""

from __future__ import annotations

from . import _papers as papers
from . import _people as people
from ._codes_said import en_code
from ._numbers import english, groups, say_digits, told
from ._scenes_en import A, C, Scene, in_parts, number_asked
from ._writer import Part, Value, Writer, filled


def _coded(w: Writer, kind: str, code: str, questions: tuple[str, ...], leads: tuple[str, ...]) -> None:
    w.say(A, w.pick(*questions))
    w.say(C, w.pick(*leads), en_code(kind, code, w.chance), w.pick("", "", ".", " that's it"))
    if w.often(0.25):
        w.say(
            A,
            w.pick("so that's ", "okay i have ", ""),
            Value(kind, en_code(kind, code, w.chance).text, code, "echo"),
            w.pick(", yes?", " is that right"),
        )
        w.say(C, w.pick("yes", "correct", "that's right"))


def health(w: Writer) -> None:
    number_asked(
        w,
        "UK_NHS",
        papers.health_number(w.chance),
        ("do you have your nhs number handy", "could i take the patient's nhs number"),
        ("", "it's ", "the letter says "),
    )


def insurance(w: Writer) -> None:
    _coded(
        w,
        "UK_NINO",
        papers.national_insurance(w.chance),
        ("and your national insurance number", "what's your ni number please"),
        ("", "it's ", "sure it's "),
    )


def canadian(w: Writer) -> None:
    number_asked(
        w,
        "CA_SIN",
        papers.social_insurance(w.chance),
        ("what is your social insurance number", "can i have the s i n on file"),
        ("", "it's ", "okay "),
    )


def indian(w: Writer) -> None:
    number_asked(
        w,
        "IN_AADHAAR",
        papers.aadhaar(w.chance),
        ("please tell me your aadhaar number", "aadhaar card number sir"),
        ("", "it is ", "yes "),
    )


def british_phone(w: Writer) -> None:
    number_asked(
        w,
        "PHONE",
        papers.phone_gb(w.chance),
        ("what's the best contact number", "and your mobile number", "could i take a number in case we get cut off"),
        ("", "it's ", "yeah it's ", "mobile is "),
    )


def passport(w: Writer) -> None:
    if w.often(0.5):
        _coded(
            w,
            "PASSPORT",
            papers.letters(w.chance, 1) + people.digits(w.chance, 8),
            ("can i have the passport number", "what's your passport number"),
            ("", "it's ", "my passport is "),
        )
    else:
        _coded(
            w,
            "DRIVER_LICENCE",
            papers.letters(w.chance, 1) + people.digits(w.chance, w.chance.choice([7, 12])),
            ("your driver's license number please", "what's the number on your driving licence"),
            ("", "it's ", "license number is "),
        )


def car(w: Writer) -> None:
    if w.often(0.5):
        _coded(
            w,
            "VIN",
            papers.vehicle_number(w.chance),
            ("could you read me the vin off the dash", "what's the vehicle identification number"),
            ("", "it's ", "okay ready "),
        )
    else:
        plate = papers.plate_us(w.chance) if w.often(0.5) else papers.plate_gb(w.chance)
        _coded(
            w,
            "PLATE",
            plate,
            ("what's the license plate", "and the registration of the vehicle"),
            ("", "it's ", "the plate is ", "reg is "),
        )


def card_in_one_breath(w: Writer) -> None:
    """Card, expiry and security code without a pause."""
    month, year = f"{w.chance.randint(1, 12):02}", str(w.chance.randint(26, 33))
    style = w.pick("written", "single", "oh")
    parts: list[Part] = [say_digits("CARD_PAN", people.card(w.chance), "en", style, w.chance, "grouped")]
    parts += [w.pick(" expiring ", " exp ", " ", ", ")]
    parts += [say_digits("CARD_EXPIRY", month + year, "en", style, w.chance, "grouped")]
    parts += [w.pick(" and the code is ", " ", " security code ", ", ")]
    parts += [say_digits("CARD_CVV", people.digits(w.chance, 3), "en", style, w.chance, "grouped")]
    w.say(A, w.pick("go ahead with the card details", "what card would you like to put on file"))
    w.say(C, w.pick("", "okay ", "sure it's "), *parts)


def code_in_parts(w: Writer) -> None:
    code = people.digits(w.chance, 6)
    w.say(A, w.pick("i sent you a six digit code, read it back to me", "what code did you get in the text"))
    for place, part in enumerate((code[:3], code[3:])):
        w.say(
            C,
            w.pick("", "it's " if place == 0 else "and then ", "um "),
            say_digits("OTP", part, "en", w.pick("written", "single", "oh"), w.chance, "parts"),
        )
        w.say(A, w.pick("okay", "uh huh", "go on" if place == 0 else "perfect that worked"))


def secret_word(w: Writer) -> None:
    if w.often(0.5):
        w.say(A, w.pick("what password did you set up", "can you tell me the password on the account"))
        w.say(C, w.pick("", "it's ", "i think it's "), en_code("PASSWORD", papers.password(w.chance), w.chance))
    else:
        w.say(A, w.pick("and your four digit pin", "what's the pin on the account"))
        w.say(
            C,
            w.pick("", "it's "),
            say_digits(
                "CARD_PIN", people.digits(w.chance, 4), "en", w.pick("written", "single", "oh", "pairs"), w.chance
            ),
        )


def bank(w: Writer) -> None:
    w.say(
        A, w.pick("i need the routing and account number for direct deposit", "which account should the refund go to")
    )
    w.say(
        C,
        w.pick("routing is ", "the routing number's "),
        *told("BANK_ACCOUNT", people.digits(w.chance, 9), "en", w.chance),
        w.pick(" and the account is ", ", account number "),
        *told("BANK_ACCOUNT", people.digits(w.chance, w.chance.choice([8, 10, 12])), "en", w.chance),
    )


def bank_abroad(w: Writer) -> None:
    number = papers.iban(w.chance)
    text = number if w.often(0.4) else " ".join(number[place : place + 4] for place in range(0, len(number), 4))
    value = Value("IBAN", text, number, "written") if w.often(0.6) else en_code("IBAN", number, w.chance)
    w.say(A, w.pick("what's the iban for the transfer", "could you give me your iban and bic"))
    w.say(C, w.pick("", "it's ", "iban "), value)
    if w.often(0.4):
        w.say(C, w.pick("swift is ", "and the bic code is "), Value("SWIFT", papers.swift(w.chance), manner="written"))


def reference(w: Writer) -> None:
    kind, asks = w.chance.choice(
        [
            (
                "ORDER_NO",
                (
                    "do you have the booking reference",
                    "what's the confirmation number on the email",
                    "can i get the case number",
                ),
            ),
            ("MEMBER_NO", ("what's the member id on the card", "could i have your policy number")),
        ]
    )
    _coded(w, kind, papers.reference(w.chance), asks, ("", "it's ", "yeah that's ", "um "))


def machine(w: Writer) -> None:
    if w.often(0.5):
        address = papers.address_ip(w.chance)
        text = (
            address if w.often(0.5) else " dot ".join(english(part, "single", w.chance) for part in address.split("."))
        )
        w.say(A, w.pick("what ip address does it show", "can you read me your ip address"))
        w.say(
            C, w.pick("", "it says ", "it's "), Value("IP", text, address, "written" if text == address else "spoken")
        )
    else:
        w.say(A, w.pick("what's the mac address on the sticker", "read me the mac address please"))
        w.say(C, w.pick("", "it's "), Value("MAC", papers.address_mac(w.chance), manner="written"))


def interrupted(w: Writer) -> None:
    """A number with other talk in the middle of it."""
    cut = groups(people.us_phone(w.chance), w.chance)
    w.say(A, w.pick("what's a good callback number", "and the phone number on the account"))
    w.say(
        C, w.pick("", "it's "), say_digits("PHONE", cut[0], "en", w.pick("single", "oh", "written"), w.chance, "parts")
    )
    w.say(
        C,
        w.pick(
            "hang on the dog is barking", "sorry one second, kids, be quiet", "let me check i just switched carriers"
        ),
    )
    w.say(A, w.pick("no problem take your time", "sure", "that's okay"))
    for place, part in enumerate(cut[1:]):
        w.say(
            C,
            w.pick("okay so ", "then ", "") if place == 0 else "",
            say_digits("PHONE", part, "en", w.pick("single", "oh", "written"), w.chance, "parts"),
        )
        w.say(A, w.pick("mm hmm", "okay", "got it"))


def area_code(w: Writer) -> None:
    number = people.us_phone(w.chance)
    w.say(A, w.pick("what number can we call", "phone number starting with the area code"))
    w.say(
        C,
        w.pick("area code ", "it's area code "),
        say_digits("PHONE", number[:3], "en", w.pick("single", "oh", "written"), w.chance, "grouped"),
        w.pick(" and then ", " ", ", number "),
        say_digits("PHONE", number[3:], "en", w.pick("single", "oh", "double"), w.chance, "grouped"),
        w.pick("", f" extension {w.chance.randint(2, 9)}"),
    )


def hundreds(w: Writer) -> None:
    """Toll-free manner: eight hundred, five fifty five, twenty four hundred."""
    middle = str(w.chance.randint(21, 98))
    last = str(w.chance.randint(21, 98))
    area = w.pick("4", "6", "7", "9")
    said = " ".join(
        (
            english(area, "single", w.chance),
            "hundred",
            english(w.pick("5", "6", "3"), "single", w.chance),
            english(middle, "pairs", w.chance),
            english(last, "pairs", w.chance),
            "hundred",
        )
    )
    w.say(A, w.pick("what's your office number", "best number during the day"))
    w.say(C, w.pick("", "that's "), Value("PHONE", said, manner="spoken"))


def read_back_wrong(w: Writer) -> None:
    """The agent reads the number back wrongly and the caller corrects the end."""
    number = people.us_phone(w.chance)
    w.say(C, w.pick("my number is ", "call me at "), *told("PHONE", number, "en", w.chance))
    w.say(
        A,
        w.pick("okay ", "so "),
        say_digits(
            "PHONE", number[:6] + people.digits(w.chance, 4), "en", w.pick("single", "written"), w.chance, "echo"
        ),
    )
    w.say(
        C,
        w.pick("no it ends in ", "no, the last four are ", "not quite, "),
        say_digits("PHONE", number[6:], "en", w.pick("single", "oh", "written"), w.chance, "corrected"),
    )


def long_in_parts(w: Writer) -> None:
    w.say(A, w.pick("can i get the account number for the transfer", "i need the full account number"))
    in_parts(w, "BANK_ACCOUNT", people.digits(w.chance, w.chance.choice([10, 12])), w.pick("", "it's ", "okay "))


def volunteered(w: Writer) -> None:
    template = w.pick(
        "i've got the member card here, {m}, does that help",
        "it's about claim {o}",
        "tracking {o} hasn't moved in a week",
        "my social's {s} if you need it",
    )
    w.say(
        C,
        *filled(
            template,
            {
                "m": told("MEMBER_NO", people.digits(w.chance, 10), "en", w.chance, plain=True),
                "o": en_code("ORDER_NO", papers.reference(w.chance), w.chance),
                "s": told("US_SSN", people.ssn(w.chance), "en", w.chance, plain=True),
            },
        ),
    )


SCENES: tuple[tuple[Scene, int], ...] = (
    (health, 1),
    (insurance, 1),
    (canadian, 1),
    (indian, 1),
    (british_phone, 2),
    (passport, 2),
    (car, 2),
    (card_in_one_breath, 2),
    (code_in_parts, 2),
    (secret_word, 1),
    (bank, 2),
    (bank_abroad, 1),
    (reference, 3),
    (machine, 1),
    (interrupted, 2),
    (area_code, 2),
    (hundreds, 1),
    (read_back_wrong, 2),
    (long_in_parts, 1),
    (volunteered, 2),
)
