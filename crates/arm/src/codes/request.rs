//! The request, or what it asks for, is refused.

use super::Retry::User;
use super::{CodeEntry, row};

pub(super) const CODES: &[CodeEntry] = &[
    row(
        "BadRequest",
        User,
        "AKS refuses a value of the spec.",
        "Correct the field that the message names.",
    ),
    row(
        "InvalidParameter",
        User,
        "AKS refuses the value of one property.",
        "Correct the property that the message names.",
    ),
    row(
        "PropertyChangeNotAllowed",
        User,
        "The property is fixed when the resource is created.",
        "Put the old value back, or make a new pool or cluster with the new value and retire the old one.",
    ),
    row(
        "ReservedResourceName",
        User,
        "The name contains a reserved word or a trademark.",
        "Choose another name.",
    ),
    row(
        "InvalidRequestContent",
        User,
        "Azure cannot read the request as this api-version defines it.",
        "Check `overrides` and `armApiVersion` against the API reference.",
    ),
    row(
        "UnmarshalError",
        User,
        "AKS cannot read the request body as this api-version defines it.",
        "Check `overrides` and `armApiVersion` against the API reference.",
    ),
    row(
        "InvalidApiVersionParameter",
        User,
        "Azure does not know the api-version.",
        "Correct `armApiVersion`, or leave it out.",
    ),
    row(
        "MissingApiVersionParameter",
        User,
        "The request reached Azure without an api-version.",
        "Check what stands between the operator and Azure, such as a proxy that rewrites URLs.",
    ),
    row(
        "NoRegisteredProviderFound",
        User,
        "The region or the api-version is not offered for this kind of resource.",
        "Choose a region or api-version from the list in the message.",
    ),
    row(
        "InvalidResourceType",
        User,
        "This cloud or api-version does not offer this kind of resource.",
        "Check the configured cloud and `armApiVersion`.",
    ),
    row(
        "LocationNotAvailableForResourceType",
        User,
        "The region does not offer this kind of resource.",
        "Choose another region.",
    ),
    row(
        "InvalidResourceLocation",
        User,
        "A resource of this name exists in another region.",
        "Use the region it is in, or another name.",
    ),
    row(
        "InvalidResourceGroupLocation",
        User,
        "The resource group exists in another region.",
        "Use the group as it is with `resourceGroupPolicy: Existing`, or another name.",
    ),
    row(
        "ResourceGroupNotFound",
        User,
        "The resource group does not exist.",
        "Create it, correct `resourceGroup`, or set `resourceGroupPolicy: Create`.",
    ),
    row(
        "ResourceNotFound",
        User,
        "The resource does not exist.",
        "If it should, see who deleted it.",
    ),
    row(
        "NotFound",
        User,
        "AKS does not know the resource.",
        "If it should exist, see who deleted it.",
    ),
    row(
        "ParentResourceNotFound",
        User,
        "The resource that this one belongs to does not exist.",
        "Check that the cluster exists and that its name and resource group are right.",
    ),
    row(
        "SubscriptionNotFound",
        User,
        "The subscription does not exist or the identity cannot see it.",
        "Correct `subscriptionId`, or give the identity access to the subscription.",
    ),
    row(
        "MissingSubscriptionRegistration",
        User,
        "The subscription has not registered the resource provider.",
        "Run `az provider register --namespace Microsoft.ContainerService`, or the namespace that the message names.",
    ),
    row(
        "SubscriptionNotRegistered",
        User,
        "The subscription has not registered the resource provider.",
        "Run `az provider register --namespace Microsoft.ContainerService`, or the namespace that the message names.",
    ),
    row(
        "RequestDisallowedByPolicy",
        User,
        "An Azure Policy assignment forbids the resource as it is asked for.",
        "Change the spec to satisfy the policy that the message names, or ask its owner for an exemption.",
    ),
    row(
        "ScopeLocked",
        User,
        "A lock on the resource, its group or its subscription forbids the operation.",
        "Remove the lock that the message names, or undo the change that needs it removed. A lock of the manifest's own \
         `spec.locks` is lifted and put back by itself once its `suspendForChanges` is true.",
    ),
    row(
        "CommandFailed",
        User,
        "A command ran in the cluster and ended with an exit code other than 0.",
        "Read its output in the ConfigMap that `outputConfigMap` names, and set a new key to run it again.",
    ),
];
