"""The order that a component's `depends_on` asks for.

The engine doesn't hand a component's own `depends_on` to its children. A component that is to
wait for another one hands it on, to the children for which the order matters.
"""

from collections.abc import Sequence

import pulumi


def child_after(
    component: pulumi.ComponentResource,
    opts: pulumi.ResourceOptions | None,
    earlier: Sequence[pulumi.Resource] = (),
) -> pulumi.ResourceOptions:
    """Options of a child that comes after whatever its component depends on, and after `earlier`.

    Arguments:
        component: the child's parent.
        opts: the options that the component itself was given.
        earlier: siblings that must exist first.
    """
    return pulumi.ResourceOptions.merge(
        pulumi.ResourceOptions(parent=component, depends_on=list(earlier)),
        pulumi.ResourceOptions(depends_on=opts.depends_on if opts else None),
    )
