"""The models: the API's answers as immutable values. Every class can be imported from `capillary_async`.

A module of this package is imported when one of its names is first used.
"""

from typing import TYPE_CHECKING

from capillary_async.models.lazy_names import importer

if TYPE_CHECKING:
    from capillary_async.models.attribution import *
    from capillary_async.models.cards import *
    from capillary_async.models.customers import *
    from capillary_async.models.enumerations import *
    from capillary_async.models.history import *
    from capillary_async.models.ledger import *
    from capillary_async.models.listings import *
    from capillary_async.models.loyalty import *
    from capillary_async.models.points import *
    from capillary_async.models.profiles import *
    from capillary_async.models.progress import *
    from capillary_async.models.promotions import *
    from capillary_async.models.targets import *
    from capillary_async.models.trackers import *
    from capillary_async.models.transactions import *
    from capillary_async.models.user_groups import *

# The names that `capillary_async` exports.
__all__ = [
    "Actor",
    "AlternateCurrencyBalance",
    "AlternateCurrencyDetails",
    "ApiWarning",
    "Attribution",
    "AwardedPoints",
    "BillDetails",
    "BillPoints",
    "Card",
    "CardStatus",
    "ClosingBalance",
    "CommChannel",
    "CommChannelMeta",
    "CreditNote",
    "Customer",
    "CustomerEnrolment",
    "CustomerMatch",
    "CustomerUserGroup",
    "DataScope",
    "Embed",
    "EnrollmentType",
    "EntityType",
    "EventName",
    "ExpiredPoints",
    "ExpiredPointsEntry",
    "ExtendedFieldInfo",
    "FilterEntityType",
    "FraudDetails",
    "GapToRenewSummary",
    "GroupLoyaltyProgram",
    "GroupMember",
    "GroupTransaction",
    "GroupTransactionEmbed",
    "Identifier",
    "IdentifierName",
    "IssuedCurrency",
    "IssuedCurrencyPart",
    "IssuedIncentive",
    "IssuedPoints",
    "IssuedSeries",
    "LedgerBalance",
    "LedgerBalances",
    "LedgerCustomer",
    "LedgerEntry",
    "LedgerEntryDetail",
    "LedgerEntryType",
    "LedgerEvent",
    "LedgerIdentifier",
    "LedgerTransaction",
    "LineItem",
    "LineItemDetails",
    "LinkedPartnerProgram",
    "LoyaltyConfig",
    "LoyaltyEvent",
    "LoyaltyInfo",
    "LoyaltyProgramDetails",
    "MappedEntity",
    "MatchedIdentifier",
    "MemberEnrollmentStatus",
    "MemberPromotion",
    "MembershipRetentionCriteria",
    "MilestoneProgress",
    "NdncStatus",
    "OptinStatus",
    "OrgEntity",
    "PageDetails",
    "Pagination",
    "PaymentMode",
    "PointCategoryType",
    "PointsBalance",
    "PointsExpiry",
    "PointsSummary",
    "Profile",
    "ProgramPoints",
    "ProgramPointsTotal",
    "ProgramSummary",
    "PromisedPoints",
    "PromisedPointsBreakup",
    "Promotion",
    "PromotionActions",
    "PromotionCustomField",
    "PromotionEnrollment",
    "PromotionMetadata",
    "PromotionOptIn",
    "PromotionSource",
    "PromotionStatus",
    "PromotionTarget",
    "PromotionTimeline",
    "PromotionalPoints",
    "PromotionalPointsGrant",
    "RenewBasis",
    "RenewStrategy",
    "SlabChange",
    "SlabChangeType",
    "SortOrder",
    "Source",
    "StatusChange",
    "Store",
    "StoreEntityType",
    "StreakProgress",
    "Subscription",
    "SubscriptionInfo",
    "Target",
    "TargetAttribution",
    "TargetAudienceFilter",
    "TargetEntity",
    "TargetEvent",
    "TargetFilter",
    "TargetGroup",
    "TargetGroupProgress",
    "TargetPeriod",
    "TargetPeriodDefault",
    "TargetProgress",
    "TargetProgressRow",
    "TargetRule",
    "TargetStreak",
    "TargetType",
    "TierDetails",
    "TierUpgradeCriteria",
    "Tracker",
    "TrackerEntityIdentifier",
    "TrackerMode",
    "TrackerType",
    "TrackingType",
    "Transaction",
    "TransactionEmbed",
    "TransactionGroup",
    "TransactionPoints",
    "TransactionType",
    "UnifiedTargetExpression",
    "UpgradeBasis",
    "UpgradeEntityValue",
    "UpgradeStrategy",
    "UserGroup",
    "UserGroupIdentifier",
    "UserGroupMembership",
    "UserGroupSummary",
]

if not TYPE_CHECKING:  # type checkers must see that a wrong name is wrong
    __getattr__ = importer(
        __name__,
        {
            "attribution": "Actor Attribution OrgEntity Store TargetAttribution",
            "cards": "Card CardStatus MappedEntity",
            "customers": "Customer FraudDetails Subscription SubscriptionInfo",
            "definition": "ExactNumber Id Model ReadOnlyDict ServerDateTime WholeNumber alias model",
            "enumerations": (
                "DataScope Embed EnrollmentType EntityType EventName FilterEntityType GroupTransactionEmbed "
                "IdentifierName LedgerEntryType LedgerIdentifier MemberEnrollmentStatus NdncStatus OptinStatus "
                "PointCategoryType PromotionStatus RenewBasis SlabChangeType SortOrder Source StoreEntityType "
                "TargetEntity TargetType TrackerMode TrackerType TrackingType TransactionEmbed TransactionType "
                "UpgradeBasis UserGroupIdentifier"
            ),
            "history": "CustomerMatch LoyaltyEvent MatchedIdentifier StatusChange",
            "ledger": (
                "ClosingBalance LedgerBalance LedgerBalances LedgerCustomer LedgerEntry LedgerEntryDetail "
                "LedgerEvent LedgerTransaction"
            ),
            "listings": "ApiWarning PageDetails Pagination",
            "loyalty": (
                "GapToRenewSummary LoyaltyInfo MembershipRetentionCriteria RenewStrategy SlabChange "
                "TierUpgradeCriteria TrackerEntityIdentifier UpgradeEntityValue UpgradeStrategy"
            ),
            "points": (
                "AlternateCurrencyBalance AlternateCurrencyDetails ExpiredPoints ExpiredPointsEntry "
                "GroupLoyaltyProgram LinkedPartnerProgram LoyaltyProgramDetails PointsBalance PointsExpiry "
                "PointsSummary ProgramSummary PromisedPoints PromisedPointsBreakup PromotionalPoints "
                "PromotionalPointsGrant PromotionSource TierDetails"
            ),
            "profiles": "CommChannel CommChannelMeta Identifier Profile",
            "progress": "MilestoneProgress StreakProgress TargetGroupProgress TargetProgress TargetProgressRow",
            "promotions": (
                "CustomerEnrolment IssuedCurrency IssuedCurrencyPart IssuedIncentive IssuedPoints IssuedSeries "
                "LoyaltyConfig MemberPromotion Promotion PromotionActions PromotionCustomField PromotionEnrollment "
                "PromotionMetadata PromotionOptIn PromotionTarget PromotionTimeline"
            ),
            "targets": (
                "ExtendedFieldInfo Target TargetAudienceFilter TargetEvent TargetFilter TargetGroup TargetPeriod "
                "TargetPeriodDefault TargetRule TargetStreak UnifiedTargetExpression"
            ),
            "trackers": "Tracker",
            "transactions": (
                "AwardedPoints BillDetails BillPoints CreditNote GroupTransaction LineItem LineItemDetails "
                "PaymentMode ProgramPoints ProgramPointsTotal Transaction TransactionGroup TransactionPoints"
            ),
            "user_groups": "CustomerUserGroup GroupMember UserGroup UserGroupMembership UserGroupSummary",
        },
    )


def __dir__() -> list[str]:
    return __all__
