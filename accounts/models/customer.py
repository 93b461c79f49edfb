"""Customers of the vendor, the services they use and the infrastructure components that SOPs may act on."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.roles import Permission

if TYPE_CHECKING:
    from accounts.models.user import User


class Nation(models.TextChoices):
    ENGLAND = "ENG", "England"
    WALES = "WLS", "Wales"
    SCOTLAND = "SCT", "Scotland"
    NORTHERN_IRELAND = "NIR", "Northern Ireland"


class ServiceGroup(models.Model):
    """Services that stand together on the status page. Its name is public."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


class ServiceQuerySet(models.QuerySet["Service"]):
    def on_status_page(self) -> Self:
        return self.filter(is_public=True)


class Service(models.Model):
    """A product as people know it, such as Compucare 8. Its names are public: the status page lists them."""

    code = models.SlugField(unique=True, help_text="The code that the scope rules know, such as compucare8.")
    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    group = models.ForeignKey(
        ServiceGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="services"
    )
    is_public = models.BooleanField("on the status page", default=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, user: "User") -> Self:
        return self if user.has_perm(Permission.VIEW_CUSTOMER) else self.none()

    def active(self) -> Self:
        return self.filter(is_active=True)


class Customer(models.Model):
    """A hospital or clinic, and what its contract says of the out-of-hours service."""

    name = models.CharField(max_length=120, unique=True)
    short_name = models.SlugField(
        max_length=30, unique=True, help_text="Typed to confirm a disruptive action."
    )
    nation = models.CharField(max_length=3, choices=Nation.choices, default=Nation.ENGLAND)
    follows_own_holidays = models.BooleanField(
        default=False, help_text="The contract counts this nation's bank holidays as out of hours too."
    )
    entitled_from = models.DateField(null=True, blank=True, help_text="Empty: has not bought the service.")
    entitled_until = models.DateField(null=True, blank=True, help_text="The last day. Empty: no end agreed.")
    uses_clinical_features = models.BooleanField(
        "uses Clinician's clinical features",
        default=False,
        help_text="Only then is Compucare Clinician covered.",
    )
    services = models.ManyToManyField(Service, blank=True, related_name="customers")
    contact_phone = models.CharField("switchboard", max_length=30, blank=True)
    is_simulated = models.BooleanField(
        default=False, help_text="Belongs to the simulated estate of the demo. Real customers never do."
    )
    is_active = models.BooleanField(default=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=Q(entitled_until=None)
                | Q(entitled_from__isnull=False, entitled_until__gte=F("entitled_from")),
                name="customer_entitlement_ends_after_it_begins",
                violation_error_message="The last day of the entitlement must not be before its first day.",
            ),
            models.CheckConstraint(condition=Q(nation__in=Nation.values), name="customer_nation_known"),
        )

    def __str__(self) -> str:
        return self.name

    def is_entitled_on(self, day: date) -> bool:
        """Whether the paid service covers this customer on this local date; both ends included."""
        if self.entitled_from is None or day < self.entitled_from:
            return False
        return self.entitled_until is None or day <= self.entitled_until


class ComponentKind(models.TextChoices):
    APP_SERVICE = "app_service", "Application service"
    VIRTUAL_MACHINE = "virtual_machine", "Virtual machine"
    SCALE_SET = "scale_set", "Scale set"
    SCALE_SET_INSTANCE = "scale_set_instance", "Scale-set instance"
    SQL_DATABASE = "sql_database", "SQL database"
    FAILOVER_GROUP = "failover_group", "SQL failover group"
    SERVICE_BUS = "service_bus", "Message queue"
    HOST_POOL = "host_pool", "Host pool"
    SESSION_HOST = "session_host", "Session host"
    APPLICATION_GATEWAY = "application_gateway", "Application gateway"
    VPN_GATEWAY = "vpn_gateway", "VPN gateway"
    KEY_VAULT = "key_vault", "Key vault"
    ENDPOINT = "endpoint", "Web address"
    CERTIFICATE = "certificate", "Certificate or secret"
    REGION = "region", "Azure region"


class ComponentQuerySet(models.QuerySet["Component"]):
    def visible_to(self, user: "User") -> Self:
        return self if user.has_perm(Permission.VIEW_CUSTOMER) else self.none()

    def reachable_from(self, customer: "Customer") -> Self:
        """What an incident of this customer may touch: its own, and its estate's shared platform."""
        shared = Q(customer=None, is_simulated=customer.is_simulated)
        return self.filter(Q(customer=customer) | shared, is_active=True)


class Component(models.Model):
    """A piece of infrastructure that a check reads or an SOP acts on. Targets are chosen, never typed."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="components",
        help_text="Empty: the shared platform.",
    )  # fmt: skip
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="components")
    kind = models.CharField(max_length=20, choices=ComponentKind.choices)
    name = models.CharField(max_length=120, unique=True, help_text="As the platform names it.")
    location = models.CharField(
        max_length=120, blank=True, help_text="Region and resource group, for people."
    )
    resource_id = models.CharField(
        max_length=400, blank=True, help_text="Azure resource id; compared in any case."
    )
    address = models.CharField(
        max_length=300, blank=True, help_text="Web address or host:port that a probe reads."
    )
    is_simulated = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    objects = ComponentQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            # What is true of a target, such as one disruptive action at a time, is true of the resource.
            models.UniqueConstraint(
                Lower("resource_id"), name="component_one_a_resource",
                condition=~Q(resource_id="") & ~Q(kind="region"),
                violation_error_message="This resource is registered already, under another name.",
            ),
            models.CheckConstraint(
                condition=~Q(resource_id__endswith="/") & ~Q(resource_id__endswith=" "),
                name="component_resource_id_ends_in_its_name",
                violation_error_message="The resource id ends with a slash or a blank. Leave that out.",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.name
