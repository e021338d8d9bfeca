"""Questions to a provider, each asked once in a program."""

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi

Answer = TypeVar("Answer")

# By the program's root, which goes with it: a later program in the same process asks again.
_ANSWERS: WeakKeyDictionary[pulumi.Resource, dict[tuple[object, ...], Any]] = WeakKeyDictionary()


def asked_once(question: Callable[[pulumi.InvokeOptions], Answer], parent: pulumi.Resource) -> Answer:
    """The answer of the provider that `parent` uses.

    A question that is waited for makes Pulumi's event loop go through all that the program has begun so far: asked by
    each of many registries, evaluation would take quadratic time.

    Args:
        question: calls provider functions, and depends on nothing but its options.
    """
    opts = pulumi.InvokeOptions(parent=parent)
    root = pulumi.runtime.get_root_resource()
    if root is None:
        return question(opts)
    answers = _ANSWERS.setdefault(root, {})
    key = (question, parent.get_provider("aws:index/getRegion:getRegion"))
    if key not in answers:
        answers[key] = question(opts)
    return answers[key]
