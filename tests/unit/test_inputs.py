"""Options as plain values, as Outputs, as secrets and as values that are not known yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.output import UNKNOWN

from components import AccessRule, ExistingNetwork, InvalidInput, PrivateRegistry, PrivateRegistryArgs
from components.options import Option
from components.problems import OPTIONS
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.evaluate import evaluate
from sandbox.evaluation.monitor import State
from tests.unit.pems import issue
from tests.unit.test_secrets import holders

Form: TypeAlias = Callable[[Any], Any]

# Values that ARNs contain, which are not kept secret.
IN_ARNS = {OPTIONS[name].example for name in ("account_id", "images_bucket")}
STRONG_PASSWORD = "lantern orbit velvet canyon drum"
DOMAIN = "registry.example.com"
ISSUER = issue(common_name="issuer")
ISSUED = issue(DOMAIN, by=ISSUER)
NETWORK = ExistingNetwork(
    vpc_id="vpc-0123456789abcdef0",
    public_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    private_subnet_ids=["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"],
    s3_route_table_ids=["rtb-0123456789abcdef0"],
)
# Values of options whose examples cannot be used, or are also parts of other texts.
VALUES: Mapping[str, Any] = {
    "certificate": ISSUED.pem,
    "certificate_chain": ISSUER.pem,
    "private_key": ISSUED.key_pem,
    "upstream_password": "cobalt-otter-lantern-81",
    "users": {"alice": STRONG_PASSWORD},
    "htpasswd": f"alice:$2y$10${'Zx81' * 13}Z",
    "network": NETWORK,
}
# Options of which only one can be set.
SOURCES = (
    ("certificate", "certificate_arn", "hosted_zone"),
    ("users", "htpasswd"),
    ("alarm_email", "alarm_topic_arn"),
)
PARTS_OF_CERTIFICATE = ("certificate_chain", "private_key")


def unknown(_value: object) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(UNKNOWN)


async def coroutine(value: Any) -> Any:
    return value


WHOLE: Mapping[str, Form] = {
    "Output": pulumi.Output.from_input,
    "secret": pulumi.Output.secret,
    "unknown": unknown,
    "coroutine": coroutine,
}


def plain(value: Any) -> Any:
    return value


def of_parts(form: Form) -> Form:
    """The form in which each item of a list or a map has a form."""

    def apply(value: Any) -> Any:
        return {key: form(part) for key, part in value.items()} if isinstance(value, dict) else [*map(form, value)]

    return apply


def forms_of(option: Option) -> Mapping[str, Form]:
    """The forms that an option's type allows."""
    forms = {"plain": plain, **(WHOLE if option.takes_output else {})}
    if option.takes_outputs_inside:
        forms |= {f"{name} items": of_parts(form) for name, form in WHOLE.items()}
    return forms


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for part in (value.values() if isinstance(value, dict) else value) for text in texts(part)]


PLAIN_ONLY = [name for name, option in OPTIONS.items() if len(forms_of(option)) == 1 and not option.parts]
INPUTS = [name for name in OPTIONS if name not in PLAIN_ONLY]

_STATE: State = {}


def declared(values: Mapping[str, Any], *, preview: bool = False) -> Declaration:
    """Declare a registry. Forms are applied inside the program, because an Output needs its event loop."""

    def program() -> None:
        registry = PrivateRegistry("images", PrivateRegistryArgs(**{name: make() for name, make in values.items()}))
        pulumi.export("address", registry.address)

    return evaluate(program, state=_STATE, preview=preview)


def refusal(name: str, make: Callable[[], Any], **more: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as raised:
        declared({name: make, **{other: lambda value=value: value for other, value in more.items()}})
    return raised.value


def set_by_program(declaration: Declaration) -> set[str]:
    """The properties as `holders` names them, without those that providers compute: tagsAll, or a record's fqdn."""
    return {f"export {name}" for name in declaration.exports} | {
        f"{resource.type.rpartition(':')[2]} {resource.name} {key}"
        for resource in declaration.resources
        for key in (*resource.inputs, *(resource.outputs if resource.type.startswith("private-registry:") else ()))
    }


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_inputs_can_have_any_form_and_secrets_stay_secret(data: st.DataObject) -> None:
    unused = {name for source in SOURCES for name in source} - {data.draw(st.sampled_from(each)) for each in SOURCES}
    if "certificate" in unused:
        unused |= {*PARTS_OF_CERTIFICATE}
    makers: dict[str, Callable[[], Any]] = {
        "image": lambda: "registry:3",  # 2 may not log in to an upstream
        "monitoring": lambda: True,
    }
    drawn: list[tuple[str, Any]] = []
    # An unknown value hides what is computed from it, so half of the registries have none.
    preview = data.draw(st.booleans(), label="preview")

    def with_form(option: Option, value: Any) -> Callable[[], Any]:
        forms = {name: form for name, form in forms_of(option).items() if preview or "unknown" not in name}
        form = data.draw(st.sampled_from(list(forms)), label=option.name)
        drawn.append((form, value))
        return lambda: forms[form](value)

    for name in INPUTS:
        option = OPTIONS[name]
        value = VALUES.get(name, option.example)
        if name in unused:
            continue
        if option.parts:
            parts = {part: with_form(each, getattr(value, part)) for part, each in option.parts.items()}
            makers[name] = lambda value=value, parts=parts: replace(value, **{part: f() for part, f in parts.items()})
        else:
            makers[name] = with_form(option, value)
    declaration = declared(makers, preview=preview)
    assert declaration.one("aws:ecs/service:Service")
    secrets = {text for form, value in drawn if "secret" in form for text in texts(value)} - IN_ARNS
    clear = {secret: holders(declaration, secret)[1] & set_by_program(declaration) for secret in secrets}
    assert {secret: places for secret, places in clear.items() if places} == {}


@given(st.sets(st.sampled_from(PLAIN_ONLY), min_size=1), st.sampled_from(list(WHOLE)))
@settings(max_examples=20, deadline=None)
def test_outputs_of_options_that_must_be_plain_are_named_in_one_error(names: set[str], form: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        declared({name: lambda name=name: WHOLE[form](OPTIONS[name].example) for name in names}, preview=True)
    assert {problem.key for problem in raised.value.problems} == names
    assert all("is an Output" in problem.found for problem in raised.value.problems)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(
    st.dictionaries(
        st.sampled_from(list(OPTIONS)), st.tuples(junk, st.sampled_from(["plain", "Output", "secret"])), max_size=3
    )
)
@settings(max_examples=60, deadline=None)
def test_any_value_is_declared_or_refused(values: Mapping[str, tuple[Any, str]]) -> None:
    def maker(value: Any, form: Form) -> Callable[[], Any]:
        return lambda: of_parts(form)(value) if isinstance(value, (list, dict)) else form(value)

    makers = {name: maker(value, {**WHOLE, "plain": plain}[form]) for name, (value, form) in values.items()}
    try:
        outcome: object = declared(makers)
    except InvalidInput as error:
        outcome = error.problems
    assert outcome


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("domain", "https://registry.example.com", "is not a DNS name"),
        ("domain", None, "without a value"),
        ("domain", 5, "is of the type int"),
        ("upstream", "hub", "is not the address of a registry"),
        ("ami_id", "ami", "is not the ID of an AMI"),
        ("users", {}, "has no user"),
        ("users", {"alice": None}, "the value of 'alice' is None"),
        ("users", {"alice": "", "b:b": "secret"}, "the password of 'alice' (a secret) is empty"),
        ("users", "alice", "is of the type str"),
        ("htpasswd", "alice", "line 1 (not shown)"),
        ("allowed_cidrs", [], "without a value"),
        ("allowed_cidrs", "10.0.0.0/8", "is of the type str"),
        ("allowed_cidrs", ["10.0.0.0/8", "10.1.0.0/16"], "'10.1.0.0/16' overlaps 10.0.0.0/8"),
    ],
)
def test_output_is_checked_when_it_is_known(name: str, value: Any, found: str) -> None:
    (problem, *_) = refusal(name, lambda: pulumi.Output.from_input(value)).problems
    assert (problem.key, found in problem.found) == (name, True)


def test_all_problems_of_an_output_are_in_its_error() -> None:
    error = refusal("users", lambda: pulumi.Output.secret({"a:b": "", "bob": "x" * 73}))
    assert len(error.problems) == 3
    assert "x" * 73 not in str(error)


@pytest.mark.parametrize("part", ["public_subnet_ids", "private_subnet_ids"])
@pytest.mark.parametrize(("value", "found"), [([], "without a value"), (["subnet-1"], "1 are too few")])
def test_list_of_subnets_is_checked_when_it_is_known(part: str, value: list[str], found: str) -> None:
    error = refusal("network", lambda: replace(NETWORK, **{part: pulumi.Output.from_input(value)}))
    assert [(problem.key, found in problem.found) for problem in error.problems] == [(f"network.{part}", True)]


@pytest.mark.parametrize(
    ("who", "found"),
    [("deployer", "is not the ARN of an IAM role or user"), (None, "without a value"), (5, "is of the type int")],
)
def test_who_of_a_rule_is_checked_when_it_is_known(who: Any, found: str) -> None:
    known = AccessRule(who="*", repositories=["base/*"], actions=["pull"])
    error = refusal(
        "access",
        lambda: [
            known,
            AccessRule(who=pulumi.Output.from_input(who), repositories=["team/*"], actions=["pull"]),
        ],
    )
    assert [(problem.key, found in problem.found) for problem in error.problems] == [("access[1].who", True)]


def test_who_of_a_rule_must_be_known_to_no_checks_of_other_rules() -> None:
    """A rule is shadowed by another one only when both are known."""
    error = refusal(
        "access",
        lambda: [
            AccessRule(who=coroutine("*"), repositories=["*"], actions=["pull"]),
            AccessRule(who="*", repositories=["base/*"], actions=["pull"]),
        ],
    )
    assert [problem.key for problem in error.problems] == ["access[1]"]


def test_value_of_a_tag_is_checked_when_it_is_known() -> None:
    error = refusal("tags", lambda: {"team": pulumi.Output.from_input("x" * 257)})
    assert [problem.key for problem in error.problems] == ["tags"]


def test_certificate_is_compared_with_a_key_that_is_known_later() -> None:
    other = issue(DOMAIN)
    error = refusal("private_key", lambda: pulumi.Output.secret(other.key_pem), domain=DOMAIN, certificate=ISSUED.pem)
    assert [problem.found for problem in error.problems] == ["(a secret) is not the key of the certificate"]
    assert other.key_pem.splitlines()[1] not in str(error)


@pytest.mark.parametrize("name", ["domain", "upstream", "ami_id", "allowed_cidrs"])
def test_error_about_an_output_shows_no_secret(name: str) -> None:
    value = ["sentinel/Zx81"] if name == "allowed_cidrs" else "sentinel/Zx81"
    assert "sentinel" in str(refusal(name, lambda: pulumi.Output.from_input(value)))
    assert "sentinel" not in str(refusal(name, lambda: pulumi.Output.secret(value)))


def test_error_about_a_certificate_does_not_show_a_secret_domain() -> None:
    certificate = {"certificate": ISSUED.pem, "private_key": ISSUED.key_pem}
    error = refusal("domain", lambda: pulumi.Output.secret("sentinel.example.com"), **certificate)
    assert [problem.key for problem in error.problems] == ["certificate, domain"]
    assert "sentinel" not in str(error)


@pytest.mark.parametrize("name", [None, "", 5])
def test_name_must_be_a_string(name: Any) -> None:
    with pytest.raises(InvalidInput, match="name: is"):
        evaluate(lambda: PrivateRegistry(name))


def test_name_must_not_be_an_output() -> None:
    with pytest.raises(InvalidInput, match="name: is of the type Output"):
        evaluate(lambda: PrivateRegistry(pulumi.Output.from_input("images")))  # pyright: ignore[reportArgumentType]


def test_known_values_are_checked_at_once_with_outputs_beside_them() -> None:
    error = refusal(
        "users",
        lambda: {"a:b": STRONG_PASSWORD, "bob": "", "carol": pulumi.Output.secret("")},
        allowed_cidrs=["10.0.0.0/8", "10.1.0.0/16"],
        domain="-",
    )
    assert [problem.key for problem in error.problems] == ["domain", "users", "users", "allowed_cidrs"]
