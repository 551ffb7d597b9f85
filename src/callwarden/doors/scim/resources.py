"""What a directory sees of accounts and roles. A closed list: what is not here cannot be read or set."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Filter,
    Meta,
    Mutability,
    Patch,
    Required,
    Resource,
    Returned,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

from callwarden.control.accounts import provisioning
from callwarden.control.accounts.provisioning import Wanted
from callwarden.kernel.models import User as Account

BASE = "/scim/v2"
MOST = 100
# Standard attributes we do not keep are dropped, not refused: directories send what they have.
TOLERANT = ScimPolicy(unknown=ScimPolicy.Unknown.ignore, unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create)


class Email(ComplexAttribute):
    value: str | None = Field(None, max_length=254)
    type: str | None = Field(None, max_length=100)
    primary: bool | None = None


class UserGroup(ComplexAttribute):
    value: Annotated[str | None, Mutability.read_only] = None
    display: Annotated[str | None, Mutability.read_only] = None


class User(Resource[Any]):
    """One account."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    external_id: Annotated[str | None, CaseExact.true] = Field(None, max_length=180)
    user_name: Annotated[str | None, Required.true, Uniqueness.server] = Field(None, max_length=150)
    display_name: str | None = Field(None, max_length=100)
    active: bool | None = None
    emails: list[Email] | None = Field(None, max_length=20)
    groups: Annotated[list[UserGroup] | None, Mutability.read_only] = None


class Member(ComplexAttribute):
    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = Field(None, max_length=40)
    display: Annotated[str | None, Mutability.read_only] = None


class Group(Resource[Any]):
    """One role; its members hold it."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true, Returned.default] = Field(None, max_length=100)
    members: list[Member] | None = Field(None, max_length=10_000)


CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MOST),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=False),
    etag=ETag(supported=False),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Service key",
            description="Authorization: Bearer, with a service key that has the scope provision",
            primary=True,
        )
    ],
)
PROVIDER = ScimProvider(models=[User, Group], config=CONFIG, policy=TOLERANT)


def user_of(account: Account, request: HttpRequest) -> User:
    """An account as a resource."""
    names = provisioning.groups()
    return User(
        id=str(account.pk),
        external_id=provisioning.told_external(account) or None,
        user_name=account.username,
        display_name=account.display_name or None,
        active=account.is_active,
        emails=[Email(value=account.email, type="work", primary=True)] if account.email else None,
        groups=[UserGroup(value=role, display=names[role]) for role in account.roles if role in names] or None,
        meta=Meta(
            resource_type="User",
            created=account.date_joined,
            last_modified=account.date_joined,
            location=request.build_absolute_uri(f"{BASE}/Users/{account.pk}"),
        ),
    )


def group_of(role: str, request: HttpRequest) -> Group:
    """A role as a resource."""
    holders = provisioning.visible().filter(is_active=True, roles__contains=[role]).order_by("username")
    return Group(
        id=role,
        display_name=provisioning.groups()[role],
        members=[Member(value=str(one.pk), display=one.get_full_name()) for one in holders] or None,
        meta=Meta(resource_type="Group", location=request.build_absolute_uri(f"{BASE}/Groups/{role}")),
    )


def wanted_of(user: User, *, spoken_name: str = "", language: str = "en") -> Wanted:
    """What a resource says an account should be.

    Args:
        spoken_name: the name by its parts, for directories that send no displayName.
        language: the one they prefer; it counts for a new account, later people choose for themselves.
    """
    emails = [one for one in user.emails or [] if one.value]
    chosen = next((one for one in emails if one.primary), emails[0] if emails else None)
    return Wanted(
        username=(user.user_name or "").strip(),
        display_name=(user.display_name or spoken_name).strip()[:100],
        email=(chosen.value or "").strip() if chosen else "",
        external_id=(user.external_id or "").strip(),
        active=user.active is not False,
        language=language,
    )
