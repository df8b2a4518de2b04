"""Every documented key: the path of an object, then its keys."""

from typing import Any, cast

CUSTOMER = """
: id profiles loyaltyInfo segments associatedWith ug2Pagination extendedFields cardDetails warnings optinStatus
: slabHistory tierUpgradeCriteria ndncStatus membershipRetentionCriteria upgradeStrategies gapToRenewSummary
profiles[]: firstName lastName attribution fields allFields identifiers commChannels source userId accountId
profiles[]: conflictingProfileList autoUpdateTime identifiersAll
profiles[].attribution: createDate createdBy modifiedBy modifiedDate
profiles[].attribution.createdBy: id code name type referenceId default
profiles[].attribution.modifiedBy: id code name type referenceId default
profiles[].identifiers[]: type value
profiles[].identifiersAll[]: type value
profiles[].commChannels[]: type value primary verified meta attributes
profiles[].commChannels[].meta: residence office
loyaltyInfo: loyaltyType attributionV2 lifetimePurchases score
loyaltyInfo.attributionV2: createDate createdBy modifiedBy modifiedDate createdFromSource
loyaltyInfo.attributionV2.createdBy: id code description name type referenceId adminType isActive isOuEnabled
loyaltyInfo.attributionV2.createdBy: timeZoneId currencyId languageId default
loyaltyInfo.attributionV2.modifiedBy: id code name type referenceId default
extendedFields: city dob gender
cardDetails[]: cardId issuedDate createdDate createdDateTimeISO expiryDays seriesName customerId maxActiveCards
cardDetails[]: extendedFields customFields mappedEntity type cardNumber seriesId seriesCode orgId entityId statusInfo
cardDetails[]: id transactionNotAllowed activeAndDigital expiryDate cardExternalId
cardDetails[].extendedFields: custom_card_name vehicle_number
cardDetails[].customFields: vehicle_type
cardDetails[].mappedEntity: type value
cardDetails[].statusInfo: reason createdBy actions autoUpdateTime autoUpdateTimeISO createdOn entityId id isActive
cardDetails[].statusInfo: labelId label status
slabHistory[]: from to fromTierExpiryDate toTierExpiryDate changedOn notes store type programId
slabHistory[].store: code name
tierUpgradeCriteria: purchaseType description purchaseValue
membershipRetentionCriteria: minPurchases minVisits isDownGradeStrategy
upgradeStrategies[]: upgradeBasedOn upgrade_based_on upgradeThreshold customerUpgradeEntityValues
upgradeStrategies[].customerUpgradeEntityValues: currentValue gapToUpgrade valueValidUpto
gapToRenewSummary: tierExpiryDate renewConfirmed renewStrategies
gapToRenewSummary.renewStrategies[]: renewBasedOn trackerEntityIdentifiers renewThreshold customerRenewEntityValue
gapToRenewSummary.renewStrategies[]: customerGapToRenewValue
gapToRenewSummary.renewStrategies[].trackerEntityIdentifiers[]: trackerName trackerType trackerMode trackerCaseName
gapToRenewSummary.renewStrategies[].trackerEntityIdentifiers[]: trackerCasePeriodType trackerCasePeriodValue
ug2Pagination: limit offset total
"""
EVENTS = """
: pagination data errors warnings
pagination: limit offset total
data[]: eventLogId eventName customerId eventDisplayName uniqueId eventDate eventProcessedDate periodId targetGroupId
data[]: targetRuleId targetValue eventDateISO eventProcessedDateISO
"""
TARGETS = """
: data errors warnings
data[]: id attribution name emfRuleSetId emfUnrolledRulesetId targetType targetEntity targetGroupId active expression
data[]: expressionJson filters enrolmentMethod targetPeriodDefaultValuesMap
data[].attribution: createdOn lastUpdatedOn lastUpdatedBy createdBy createdOnISO
data[].attribution.lastUpdatedBy: id code description name type
data[].attribution.createdBy: id code description name type
data[].filters[]: entityType entityIds
"""
TRACKERS = """
: pagination data errors warnings
pagination: limit offset total
data[]: id name conditionId type value updatedOn conditionName periodStartDate periodEndDate
"""
MEMBERS = """
: pagination data errors warnings
pagination: limit offset total sortBy sortOrder
data[]: fleetUserId firstName lastName joinedOn permissions pointsContributed email mobile role identifiers inActive
data[]: primaryMember roleCode cards
data[].identifiers[]: type value
data[].cards[]: cardId cardNumber statusInfo
"""
SEARCH = """
: pagination data errors warnings
pagination: limit offset total
data[]: groupId groupName groupStatus groupExternalId firstName lastName primaryMemberId email mobile totalMembers
data[]: extendedFields
data[].extendedFields: platinum
"""


def documented(text: str) -> set[str]:
    """Parse the paths in one of the texts above."""
    lines = (line.partition(":") for line in text.strip().splitlines())
    return {f"{place}.{key}".lstrip(".") for place, _, keys in lines for key in keys.split()}


def shown(value: Any, place: str = "") -> set[str]:
    """Return the paths of all keys in an answer."""
    paths: set[str] = set()
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            paths |= shown(item, f"{place}[]")
    elif isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            path = f"{place}.{key}".lstrip(".")
            paths |= {path} | shown(item, path)
    return paths
