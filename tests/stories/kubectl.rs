//! What people and scripts see through kubectl.

use std::process::Output;

use serde_json::json;

use crate::world::World;

impl World {
    async fn kubectl(&self, arguments: &[&str]) -> Output {
        let mut command = tokio::process::Command::from(self.management.kubectl().unwrap());
        command.args(["--namespace", &self.namespace]).args(arguments);
        command.output().await.unwrap()
    }

    /// The lines of a table, each as its columns.
    async fn table(&self, arguments: &[&str]) -> Vec<Vec<String>> {
        let output = self.kubectl(arguments).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let columns = |line: &str| {
            let cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
            cells.map(str::to_owned).collect()
        };
        text.lines().map(columns).collect()
    }
}

#[tokio::test]
async fn kubectl_waits_for_ready_and_its_columns_answer_the_first_questions() {
    let world = World::new("kubectl").await;
    let _operator = world.operator();
    world.apply(&world.cluster("shop", json!({}))).await;
    world.apply(&world.system_pool("system", "shop")).await;
    for object in ["aks/shop", "akspool/system"] {
        let waited = world
            .kubectl(&["wait", "--for=condition=Ready", "--timeout=60s", object])
            .await;
        assert!(waited.status.success(), "{}", String::from_utf8_lossy(&waited.stderr));
    }
    world.ready("shop").await;

    let clusters = world.table(&["get", "aks"]).await;
    assert_eq!(
        clusters[0],
        ["NAME", "READY", "VERSION", "STATE", "POOLS", "DOING", "AGE"]
    );
    assert_eq!(clusters[1][..5], ["shop", "True", "1.35.7", "Succeeded", "1/1"]);
    let pools = world.table(&["get", "akspool"]).await;
    let head = [
        "NAME", "CLUSTER", "READY", "MODE", "SIZE", "COUNT", "VERSION", "STATE", "AGE",
    ];
    assert_eq!(pools[0], head);
    let row = [
        "system",
        "shop",
        "True",
        "System",
        "Standard_D4s_v5",
        "1",
        "1.35.7",
        "Succeeded",
    ];
    assert_eq!(pools[1][..8], row);
    let wide = world.table(&["get", "aks", "--output=wide"]).await;
    assert_eq!(wide[0][7..], ["REASON", "LOCATION", "RESOURCE GROUP"]);
    assert_eq!(wide[1][wide[1].len() - 3..], ["Succeeded", "westeurope", "fleet"]);
    let all = world.kubectl(&["get", "armature", "--output=name"]).await;
    let all = String::from_utf8(all.stdout).unwrap();
    for name in [
        "akscluster.aks.armature.dev/shop",
        "aksnodepool.aks.armature.dev/system",
    ] {
        assert!(all.contains(name), "{all}");
    }
}
