//! The network of a cluster that exists.

use super::world::cluster;

#[test]
fn a_pod_range_only_widens() {
    let made = || {
        cluster("networkProfile: {networkPlugin: azure, networkPluginMode: overlay, podCidr: 10.240.0.0/16}")
            .pool("sys", "mode: System")
            .exists()
    };
    let wider = made().edit("networkProfile: {podCidr: 10.240.0.0/15}");
    assert_eq!(wider.steps(), ["update networkProfile.podCidr"]);
    for narrower in ["10.240.0.0/17", "10.250.0.0/16"] {
        let world = made().edit(&format!("networkProfile: {{podCidr: {narrower}}}"));
        assert_eq!(world.reasons(), ["ForbiddenChange"], "{narrower}");
    }
}
