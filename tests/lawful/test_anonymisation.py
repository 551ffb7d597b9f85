"""What may be called anonymous: ladders only lose, SQL counts as plain Python does, and no two releases single out."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from inspect import signature
from uuid import uuid4

import pytest
from django.conf import settings as site
from django.db import connection
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from callwarden.doors.cli import anonymise as cli
from callwarden.kernel.errors import InvalidInput
from callwarden.lawful.anonymisation import measuring, places, rules
from callwarden.lawful.anonymisation.differencing import Made, difference
from callwarden.lawful.anonymisation.fields import FIELDS, NEVER, fields
from callwarden.lawful.anonymisation.measuring import Gathered, Row, measure
from callwarden.lawful.anonymisation.rules import Column, Group, Recipe, Scope

BIRTH = Column("birth", "quasi", "10y")
REGION = Column("region", "quasi", "province")
PRODUCT = Column("product", "sensitive", "each")
FINEST = {
    "birth": ["1960-1964", "1965-1969", "1970-1974", "1985-1989", "-1939", "unknown", "other"],
    "region": ["浙江·杭州", "浙江·宁波", "浙江·other", "上海", "other", "unknown"],
    "product": ["A3", "B7", "several", "unknown"],
    "duration": ["<1", "1-3", "3-5", "5-10", "10-20", "20+"],
}
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
VALUES = {
    "birth": st.dates(date(1900, 1, 1), date(2030, 1, 1)).map(date.isoformat),
    "region": st.sampled_from(
        ["杭州市西湖区", "浙江省宁波市海曙区", "上海市浦东新区", "12 High Street", "吉林市昌邑区", ""]
    ),
    "postcode": st.sampled_from(["310012 杭州", "Larkmere, ZZ1 4AB", "Larkmere, ZY22 9QQ", "", "no code"]),
    "language": st.sampled_from(["zh-CN", "en-GB", ""]),
    "vip": st.booleans(),
    "since": TIMES,
    "product": st.sampled_from(["A3", " A3", "B7", ""]),
    "orders": st.integers(0, 50),
    "line": st.sampled_from(["service-zh", "outbound"]),
    "direction": st.sampled_from(["inbound", "outbound"]),
    "month": TIMES,
    "weekday": TIMES,
    "day_part": TIMES,
    "duration": st.integers(0, 500),
    "marks": st.integers(0, 500),
}


def recipe(*columns: Column, k: int = 5, level: int = 2, suppress: int = 0, source: str = "customers") -> Recipe:
    return Recipe(source, columns, k, level, suppress)


def gathered(recipe: Recipe, rows: Iterable[tuple[int, tuple[str, ...]]]) -> Gathered:
    return Gathered(tuple(one.field for one in recipe.columns), [Row(*row) for row in rows], {})


def crowd(*groups: tuple[tuple[str, ...], int]) -> list[tuple[int, tuple[str, ...]]]:
    """So many people with these labels each."""
    labels = [one for one, count in groups for _ in range(count)]
    return list(enumerate(labels))


# Ladders


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.slug)
@given(data=st.data())
@settings(max_examples=60)
def test_what_two_values_share_on_one_step_they_share_on_every_coarser_one(field, data):
    first, second = data.draw(VALUES[field.slug]), data.draw(VALUES[field.slug])
    one, other = field.finest(first), field.finest(second)
    for level in field.levels:
        at = field.step(level.slug)
        mine, theirs = field.label(one, level.slug), field.label(other, level.slug)
        for coarser in field.levels[at:]:
            there = field.between(mine, at, field.step(coarser.slug))
            assert there == field.label(one, coarser.slug)
            if mine == theirs:
                assert field.label(other, coarser.slug) == there
    assert field.label(one, field.levels[-1].slug) == "*"


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.slug)
@given(data=st.data())
@settings(max_examples=20)
def test_coarser_never_makes_more_groups(field, data):
    labels = [field.finest(value) for value in data.draw(st.lists(VALUES[field.slug], max_size=20))]
    counts = [len({field.label(one, level.slug) for one in labels}) for level in field.levels]
    assert counts == sorted(counts, reverse=True)


def test_no_identifier_is_a_field_and_asking_for_one_is_refused_without_repeating_it():
    assert not NEVER & fields().keys()
    for name in [*NEVER, "x; DROP TABLE custody_record", 'birth"', "c0"]:
        with pytest.raises(InvalidInput) as refused:
            rules.check(recipe(Column(name, "quasi", "any")), least_k=5)
        assert refused.value.code in {"never_a_column", "unknown_column"}
        assert not refused.value.data


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (recipe(BIRTH, source="agents"), "unknown_source"),
        (recipe(Column("duration", "quasi", "fine")), "unknown_column"),
        (recipe(Column("birth", "direct", "10y")), "unknown_role"),
        (recipe(Column("birth", "quasi", "1y")), "unknown_level"),
        (recipe(PRODUCT), "columns_out_of_range"),
        (recipe(BIRTH, BIRTH), "column_twice"),
        (recipe(BIRTH, PRODUCT, Column("vip", "sensitive", "each")), "two_sensitive"),
        (recipe(REGION, Column("postcode", "quasi", "area")), "region_twice"),
        (recipe(BIRTH, k=4), "k_too_small"),
        (recipe(BIRTH, level=1), "l_out_of_range"),
        (recipe(BIRTH, level=6), "l_out_of_range"),
        (recipe(BIRTH, suppress=21), "suppression_out_of_range"),
    ],
)
def test_a_recipe_that_asks_for_too_much_is_refused(changed, code):
    with pytest.raises(InvalidInput) as refused:
        rules.check(changed, least_k=5)
    assert refused.value.code == code


def test_groups_count_ten_people_where_nobody_says_otherwise():
    """Of the product as it comes: of a recipe, of the command line, and of the least that may be asked for."""
    assert Recipe("customers", (BIRTH,)).k == 10
    for asked in (cli.preview, cli.run):
        assert signature(asked).parameters["k"].default == 10
    with pytest.raises(InvalidInput):
        rules.check(recipe(BIRTH, k=9), least_k=site.ANONYMITY_LEAST_K)


def test_a_site_may_ask_for_less_than_ten_but_never_for_one():
    rules.check(recipe(BIRTH, k=2), least_k=1)
    with pytest.raises(InvalidInput):
        rules.check(recipe(BIRTH, k=1), least_k=1)


def test_asking_in_another_order_asks_for_the_same():
    assert recipe(REGION, BIRTH, PRODUCT).ordered().digest == recipe(PRODUCT, BIRTH, REGION).ordered().digest
    assert Recipe.of(recipe(REGION, PRODUCT).as_data()) == recipe(REGION, PRODUCT)


@pytest.mark.parametrize(
    ("address", "region", "postcode"),
    [
        ("上海市浦东新区望潮西路88弄12号602室", "上海", "other"),
        ("浙江省杭州市西湖区眠鹤路210号 310012", "浙江·杭州", "3100**"),
        ("杭州市西湖区眠鹤路210号2单元301", "浙江·杭州", "other"),
        ("吉林市昌邑区", "吉林·吉林", "other"),
        ("吉林省长春市", "吉林·长春", "other"),
        ("广西壮族自治区南宁市", "广西·南宁", "other"),
        ("浙江省某某县", "浙江·other", "other"),
        ("14 Larkmere Lane, Brackenfold, ZZ1 4AB", "other", "ZZ1"),
        ("电话15433087760", "other", "other"),
        ("", "unknown", "unknown"),
    ],
)
def test_an_address_gives_a_listed_region_and_nothing_else(address, region, postcode):
    assert (places.region(address), places.postcode(address)) == (region, postcode)


# Counting


def oracle(recipe: Recipe, rows: list[tuple[int, tuple[str, ...]]]) -> dict[tuple[str, ...], Counter[str]]:
    """Group -> value -> people, in plain Python."""
    told = [
        (person, tuple("several" if label == "several" and one.level != "any" else one.of.label(label, one.level)
                       for one, label in zip(recipe.columns, labels, strict=True)))
        for person, labels in rows
    ]  # fmt: skip
    for at, one in enumerate(recipe.columns):
        if one.of.open:
            people = defaultdict(set)
            for person, labels in told:
                people[labels[at]].add(person)
            rare = {label for label, who in people.items() if len(who) < recipe.k}
            told = [
                (person, (*labels[:at], "other" if labels[at] in rare else labels[at], *labels[at + 1 :]))
                for person, labels in told
            ]
    quasi = [at for at, one in enumerate(recipe.columns) if one.role == "quasi"]
    value = next((at for at, one in enumerate(recipe.columns) if one.role == "sensitive"), None)
    members: dict[tuple[str, ...], dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for person, labels in told:
        key = tuple(labels[at] for at in quasi)
        members[key][person].add(labels[value] if value is not None else "")
    return {
        key: Counter(values.copy().pop() if len(values) == 1 else "several" for values in people.values())
        for key, people in members.items()
    }


def drawn_rows(names: list[str]) -> st.SearchStrategy[list[tuple[int, tuple[str, ...]]]]:
    labels = st.tuples(*(st.sampled_from(FINEST[name]) for name in names))
    return st.lists(st.tuples(st.integers(0, 12), labels), max_size=60)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "columns",
    [
        (BIRTH,),
        (BIRTH, REGION, PRODUCT),
        (Column("region", "quasi", "city"), Column("product", "quasi", "each")),
        (Column("region", "quasi", "part"), Column("birth", "sensitive", "20y")),
    ],
    ids=["one", "three", "open-quasi", "bands-sensitive"],
)
@given(data=st.data(), k=st.integers(2, 6), suppress=st.integers(0, 20))
@settings(max_examples=15)
def test_sql_counts_what_plain_python_counts(columns, data, k, suppress):
    asked = recipe(*columns, k=k, suppress=suppress)
    rows = data.draw(drawn_rows([one.field for one in columns]))
    found, wanted = measure(asked, gathered(asked, rows)), oracle(asked, rows)
    sizes = {key: sum(values.values()) for key, values in wanted.items()}
    least = 2 if asked.sensitive else 0
    kept = {key: values for key, values in wanted.items() if sizes[key] >= k and len(values) >= least}
    figures = found.figures
    assert figures.people == len({person for person, _labels in rows})
    assert figures.classes == len(wanted)
    assert figures.smallest == min(sizes.values(), default=0)
    assert figures.small == sum(size < k for size in sizes.values())
    assert figures.members == sum(sizes.values())
    assert figures.suppressed == sum(sizes[key] for key in wanted.keys() - kept.keys())
    assert figures.kept_classes == len(kept)
    assert figures.histogram == dict(Counter(sizes.values()))
    if not found.against:
        assert kept
        assert 100 * figures.suppressed <= suppress * figures.members
        told: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for group in found.groups:
            told[group.labels][group.value] += group.people
        assert told == kept
        assert min(rules.class_sizes(found.groups).values()) >= k
    else:
        assert found.groups == ()


@pytest.mark.django_db
@given(data=st.data())
@settings(max_examples=15)
def test_a_coarser_column_never_leaves_more_groups_in_the_database(data):
    asked = recipe(BIRTH, REGION)
    rows = data.draw(drawn_rows(["birth", "region"]))
    for column in asked.columns:
        coarser = asked.coarser(column.field)
        assert coarser is not None
        fine, coarse = (measuring.figures_of(one, gathered(one, rows)) for one in (asked, coarser))
        assert coarse.classes <= fine.classes
        assert coarse.smallest >= fine.smallest


@pytest.mark.django_db
def test_somebody_alone_in_a_group_is_refused_with_what_would_help():
    asked = recipe(BIRTH, REGION)
    rows = crowd((("1960-1964", "浙江·杭州"), 9), (("1985-1989", "浙江·宁波"), 9), (("1970-1974", "浙江·宁波"), 1))
    found = measure(asked, gathered(asked, rows))
    assert found.against == ("k_not_reached",)
    assert (found.figures.smallest, found.figures.small, found.groups) == (1, 1, ())
    assert found.coarser[0].field == "birth"
    assert found.coarser[0].reached


@pytest.mark.django_db
def test_a_few_may_be_left_out_up_to_the_limit_and_not_one_more():
    rows = crowd((("1960-1964",), 96), (("1985-1989",), 4))
    assert measure(recipe(BIRTH, suppress=3), gathered(recipe(BIRTH), rows)).against == ("k_not_reached",)
    kept = measure(recipe(BIRTH, suppress=4), gathered(recipe(BIRTH), rows))
    assert [(one.labels, one.people) for one in kept.groups] == [(("1960-1969",), 96)]
    assert kept.left_out


@pytest.mark.django_db
def test_a_group_of_one_value_is_refused_though_it_is_large():
    asked = recipe(BIRTH, PRODUCT)
    rows = crowd((("1960-1964", "A3"), 50), (("1985-1989", "A3"), 20), (("1985-1989", "B7"), 20))
    found = measure(asked, gathered(asked, rows))
    assert found.against == ("l_not_reached",)
    assert found.figures.alike == 1


@pytest.mark.django_db
def test_one_person_with_many_records_is_one_person():
    asked = recipe(Column("duration", "quasi", "bands"), source="calls")
    rows = [(1, ("<1",))] * 50 + [(2, ("<1",))] * 50
    found = measure(asked, gathered(asked, rows))
    assert (found.figures.people, found.figures.smallest) == (2, 2)
    assert found.against


@pytest.mark.django_db
def test_several_is_one_value_however_it_came_about():
    asked = recipe(BIRTH, PRODUCT)
    others = crowd((("1985-1989", "A3"), 5), (("1985-1989", "B7"), 5), (("1960-1964", "several"), 6))
    rows = [*others, (99, ("1960-1964", "A3")), (99, ("1960-1964", "B7"))]
    found = measure(asked, gathered(asked, rows))
    assert found.against == ("l_not_reached",)


@pytest.mark.django_db
def test_a_product_that_few_bought_names_nobody():
    asked = recipe(BIRTH, PRODUCT)
    rows = crowd((("1960-1964", "A3"), 9), (("1960-1964", "made for one person"), 1))
    found = measure(asked, gathered(asked, rows))
    assert not found.against
    assert b"made for" not in rules.dataset(asked, found.groups)
    assert b"1960-1969,other,1" in rules.dataset(asked, found.groups)


@pytest.mark.django_db
@given(data=st.data(), seed=st.integers(0, 2**32))
@settings(max_examples=15)
def test_the_bytes_do_not_depend_on_the_order_or_the_numbers_of_people(data, seed):
    asked = recipe(BIRTH, REGION, PRODUCT, k=2)
    places = data.draw(st.lists(st.sampled_from(FINEST["region"]), min_size=1))
    rows = crowd(*((("1960-1964", place, product), 2) for place in places for product in ("A3", "B7")))
    first = measure(asked, gathered(asked, rows))
    assert not first.against
    dice = random.Random(seed)
    numbers = dice.sample(range(1000), len(rows))
    shuffled = [(numbers[person], labels) for person, labels in rows]
    dice.shuffle(shuffled)
    second = measure(asked, gathered(asked, shuffled))
    assert rules.dataset(asked, first.groups) == rules.dataset(asked, second.groups)


@pytest.mark.django_db
def test_the_temporary_table_holds_numbers_only_and_is_gone_afterwards():
    asked = recipe(BIRTH, REGION, PRODUCT)
    with measuring._loaded(asked, gathered(asked, crowd((("1960-1964", "上海", "secret thing"), 3)))) as (
        cursor,
        _codes,
    ):
        cursor.execute(f"SELECT * FROM {measuring.TABLE}")
        assert all(isinstance(cell, int) for row in cursor.fetchall() for cell in row)
        assert [one.name for one in cursor.description] == ["person", "c0", "c1", "c2"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'anonymisation_members'")
        assert cursor.fetchone() == (0,)


def test_rows_say_nothing_of_themselves():
    told = Gathered(("product",), [Row(1, ("secret thing",))], {})
    assert "secret" not in repr(told) + repr(told.rows) + str(told.rows[0])


def test_no_cell_is_a_formula_for_a_spreadsheet():
    asked = recipe(BIRTH, PRODUCT)
    told = rules.dataset(
        asked, [Group(("-1939",), "=cmd()", 5), Group(("-1939",), "-x", 5), Group(("-1939",), "@a", 5)]
    )
    assert told.decode().splitlines()[1:] == ["-1939,'-x,5", "-1939,'=cmd(),5", "-1939,'@a,5"]


# Two releases together


def made(asked: Recipe, *groups: tuple[tuple[str, ...], str, int], left_out: bool = False) -> Made:
    return Made(asked, [Group(*one) for one in groups], left_out)


def isolates(new: Made, old: Made) -> bool:
    return difference(new, old).isolates


SIXTIES, EIGHTIES = ("1960-1969",), ("1980-1989",)


def test_one_who_came_or_went_between_two_releases_is_not_singled_out():
    old = made(recipe(BIRTH), (SIXTIES, "", 10), (EIGHTIES, "", 10))
    for people, wrong in [(11, True), (14, True), (15, False), (10, False), (9, True), (6, True), (5, False)]:
        new = made(recipe(BIRTH), (SIXTIES, "", people), (EIGHTIES, "", 10))
        assert isolates(new, old) is wrong, people


def test_who_moved_must_be_of_several_values_too():
    asked = recipe(BIRTH, PRODUCT)
    old = made(asked, (SIXTIES, "A3", 10), (SIXTIES, "B7", 10))
    assert isolates(made(asked, (SIXTIES, "A3", 15), (SIXTIES, "B7", 10)), old)
    assert isolates(made(asked, (SIXTIES, "A3", 11), (SIXTIES, "B7", 9)), old)
    assert not isolates(made(asked, (SIXTIES, "A3", 13), (SIXTIES, "B7", 12)), old)


def test_a_group_the_earlier_release_left_out_may_have_been_nearly_whole():
    old = made(recipe(BIRTH), (SIXTIES, "", 10), left_out=True)
    whole = replace(old, left_out=False)
    new = made(recipe(BIRTH), (SIXTIES, "", 10), (EIGHTIES, "", 8))
    assert isolates(new, old)
    assert not isolates(new, whole)
    assert not isolates(made(recipe(BIRTH), (SIXTIES, "", 10), (EIGHTIES, "", 9)), old)


def test_a_coarser_release_does_not_give_away_who_was_left_out_of_the_finer_one():
    fine = made(recipe(BIRTH, REGION), (("1960-1969", "浙江"), "", 10), left_out=True)
    assert isolates(made(recipe(BIRTH), (SIXTIES, "", 12)), fine)
    assert not isolates(made(recipe(BIRTH), (SIXTIES, "", 10)), fine)
    decades = made(recipe(Column("birth", "quasi", "20y")), (("1960-1979",), "", 13))
    assert isolates(decades, made(recipe(BIRTH), (SIXTIES, "", 6), (("1970-1979",), "", 6)))


def test_other_columns_alone_are_compared_by_how_many_people_there_are():
    assert isolates(made(recipe(REGION), (("浙江",), "", 12)), made(recipe(BIRTH), (SIXTIES, "", 10)))


@given(data=st.data())
@settings(max_examples=60)
def test_when_a_pair_is_let_through_nobody_who_came_or_went_stands_among_fewer_than_k(data):
    """The attacker has both files. People are drawn, some leave, others come, and the counts are subtracted."""
    k = 3
    asked = recipe(BIRTH, REGION, k=k)
    labels = st.tuples(st.sampled_from(["1960-1969", "1980-1989"]), st.sampled_from(["浙江", "上海"]))
    stay, leave, come = (data.draw(st.lists(labels, max_size=size)) for size in (30, 6, 6))

    def published(people: list[tuple[str, str]]) -> Made:
        sizes = Counter(people)
        kept = [Group(key, "", size) for key, size in sizes.items() if size >= k]
        return Made(asked, kept, left_out=len(kept) < len(sizes))

    before, after = published(stay + leave), published(stay + come)
    assume(not isolates(after, before))
    old, new = rules.class_sizes(before.groups), rules.class_sizes(after.groups)
    for key in old.keys() & new.keys():
        assert new[key] == old[key] or abs(new[key] - old[key]) >= k
    for key in new.keys() - old.keys():
        assert not before.left_out or new[key] >= 2 * k - 1


def test_releases_of_other_days_or_buckets_are_not_compared():
    def of(since: str, until: str) -> Scope:
        return Scope(date.fromisoformat(since), date.fromisoformat(until))

    assert not of("2026-01-01", "2026-02-01").overlaps(of("2026-02-01", "2026-03-01"))
    assert of("2026-01-01", "2026-02-02").overlaps(of("2026-02-01", "2026-03-01"))
    assert Scope().overlaps(of("2026-01-01", "2026-02-01"))
    one, other = uuid4(), uuid4()
    assert not Scope(buckets=(one,)).overlaps(Scope(buckets=(other,)))
    assert Scope(buckets=(one,)).overlaps(Scope(buckets=(other, one)))
    assert Scope(buckets=(one,)).overlaps(Scope())
    assert Scope.of(Scope(date(2026, 1, 1), None, (one,)).as_data()) == Scope(date(2026, 1, 1), None, (one,))


def test_times_are_never_finer_than_what_was_chosen():
    at = datetime(2026, 5, 17, 13, 45, tzinfo=UTC)
    assert fields()["month"].finest(at) == "2026-05"
    assert fields()["month"].label("2026-05", "quarter") == "2026-Q2"
    assert fields()["day_part"].finest(at) == "12-16"
    assert fields()["weekday"].finest(at) == "7"
