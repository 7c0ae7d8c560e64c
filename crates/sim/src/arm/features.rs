//! `Microsoft.Features`: preview features of a subscription, and their twin `subscriptionFeatureRegistrations`.

use axum::http::Method;
use serde_json::{Value, json};

use super::calls::CallFacts;
use super::route::NoRoute;
use crate::features::{self, FEATURES, Feature};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::throttle::Kind;
use crate::world::World;

/// One call about features of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureCall {
    /// Subscription id.
    pub subscription: String,
    /// What is asked.
    pub ask: Ask,
}

/// What is asked about features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// All features of a provider.
    List {
        /// Provider.
        namespace: String,
    },
    /// One feature.
    One {
        /// Provider.
        namespace: String,
        /// Feature below it.
        name: String,
        /// What to do with it.
        verb: Verb,
        /// Under which of its two names it is addressed.
        form: Form,
    },
}

/// What to do with a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// GET.
    Get,
    /// POST register, or PUT of the twin.
    Register,
    /// POST unregister, or DELETE of the twin.
    Unregister,
}

/// Under which name a feature is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `providers/{ns}/features/{name}`.
    Feature,
    /// `featureProviders/{ns}/subscriptionFeatureRegistrations/{name}`.
    Registration,
}

impl FeatureCall {
    /// Finds the call: `rest` is the lower-cased path behind `providers/Microsoft.Features`, `own` the same as written.
    ///
    /// # Errors
    /// [`NoRoute`] when there is no such call.
    pub fn parse(method: &Method, subscription: String, rest: &[&str], own: &[&str]) -> Result<Self, NoRoute> {
        let text = |index: usize| own.get(index).map(|text| (*text).to_owned()).unwrap_or_default();
        let one = |verb, form| Ask::One {
            namespace: text(1),
            name: text(3),
            verb,
            form,
        };
        let ask = match (rest, method) {
            (["providers", _, "features"], &Method::GET) => Ask::List { namespace: text(1) },
            (["providers", _, "features", _], &Method::GET) => one(Verb::Get, Form::Feature),
            (["providers", _, "features", _, "register"], &Method::POST) => one(Verb::Register, Form::Feature),
            (["providers", _, "features", _, "unregister"], &Method::POST) => one(Verb::Unregister, Form::Feature),
            (["featureproviders", _, "subscriptionfeatureregistrations", _], &Method::GET) => {
                one(Verb::Get, Form::Registration)
            }
            (["featureproviders", _, "subscriptionfeatureregistrations", _], &Method::PUT) => {
                one(Verb::Register, Form::Registration)
            }
            (["featureproviders", _, "subscriptionfeatureregistrations", _], &Method::DELETE) => {
                one(Verb::Unregister, Form::Registration)
            }
            (["providers", _, "features", ..] | ["featureproviders", _, "subscriptionfeatureregistrations", ..], _) => {
                return Err(NoRoute::WrongMethod);
            }
            _ => return Err(NoRoute::UnknownPath),
        };
        Ok(Self { subscription, ask })
    }

    /// Name, action and kind.
    #[must_use]
    pub fn facts(&self) -> CallFacts {
        use Kind::{Delete, Read, Write};
        let (name, action, kind) = match &self.ask {
            Ask::List { .. } => ("Features_List", "Microsoft.Features/providers/features/read", Read),
            Ask::One { verb, form, .. } => match (form, verb) {
                (Form::Feature, Verb::Get) => ("Features_Get", "Microsoft.Features/providers/features/read", Read),
                (Form::Feature, Verb::Register) => (
                    "Features_Register",
                    "Microsoft.Features/providers/features/register/action",
                    Write,
                ),
                (Form::Feature, Verb::Unregister) => (
                    "Features_Unregister",
                    "Microsoft.Features/providers/features/unregister/action",
                    Write,
                ),
                (Form::Registration, Verb::Get) => (
                    "SubscriptionFeatureRegistrations_Get",
                    "Microsoft.Features/featureProviders/subscriptionFeatureRegistrations/read",
                    Read,
                ),
                (Form::Registration, Verb::Register) => (
                    "SubscriptionFeatureRegistrations_CreateOrUpdate",
                    "Microsoft.Features/featureProviders/subscriptionFeatureRegistrations/write",
                    Write,
                ),
                (Form::Registration, Verb::Unregister) => (
                    "SubscriptionFeatureRegistrations_Delete",
                    "Microsoft.Features/featureProviders/subscriptionFeatureRegistrations/delete",
                    Delete,
                ),
            },
        };
        CallFacts {
            name: name.into(),
            action: action.into(),
            kind,
            starts_operation: false,
        }
    }
}

/// Answers a call about features. Registration has no operation: its state is polled.
///
/// # Errors
/// 404 for a feature that does not exist.
pub fn answer(world: &mut World, call: &FeatureCall) -> Result<Reply, Refusal> {
    let subscription = world.subscription_id(&call.subscription);
    match &call.ask {
        Ask::List { namespace } => {
            let value: Vec<Value> = FEATURES
                .iter()
                .filter(|feature| feature.namespace.eq_ignore_ascii_case(namespace))
                .map(|feature| render(world, &subscription, *feature, Form::Feature))
                .collect();
            Ok(Reply::gateway(200, json!({"value": value})))
        }
        Ask::One {
            namespace,
            name,
            verb,
            form,
        } => {
            let feature = features::find(namespace, name).ok_or_else(|| {
                // The sentence: azure-cli#32059.
                Refusal::gateway(
                    404,
                    "FeatureNotFound",
                    format!("The feature '{name}' could not be found."),
                )
            })?;
            match verb {
                Verb::Get => {}
                Verb::Register => world.wish_feature(&subscription, feature, true),
                Verb::Unregister => world.wish_feature(&subscription, feature, false),
            }
            if (*verb, *form) == (Verb::Unregister, Form::Registration) {
                return Ok(Reply::empty(200));
            }
            Ok(Reply::gateway(200, render(world, &subscription, feature, *form)))
        }
    }
}

fn render(world: &World, subscription: &str, feature: Feature, form: Form) -> Value {
    let Feature { namespace, name } = feature;
    let state = world.feature_state(subscription, feature).word();
    match form {
        Form::Feature => json!({
            "id": format!("/subscriptions/{subscription}/providers/Microsoft.Features/providers/{namespace}/features/{name}"),
            "name": format!("{namespace}/{name}"),
            "type": "Microsoft.Features/providers/features",
            "properties": {"state": state},
        }),
        Form::Registration => json!({
            "id": format!("/subscriptions/{subscription}/providers/Microsoft.Features/featureProviders/{namespace}/subscriptionFeatureRegistrations/{name}"),
            "name": name,
            "type": "Microsoft.Features/featureProviders/subscriptionFeatureRegistrations",
            "properties": {
                "subscriptionId": subscription,
                "tenantId": world.directory.tenant(),
                "providerNamespace": namespace,
                "featureName": name,
                "displayName": name,
                "approvalType": "AutoApproval",
                "state": state,
            },
        }),
    }
}
