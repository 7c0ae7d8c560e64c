//! Step k of n, although every look makes the plan anew.

use super::desk::Desk;
use crate::tests::world::cluster;

/// Works a plan off as passes do, with a report before a step starts, while it runs and when it has ended: what each
/// showed.
fn shown(mut desk: Desk) -> Vec<String> {
    let mut shown = Vec::new();
    while desk.report().plan().next_step().is_some() {
        shown.push(step_of(&desk));
        desk = desk.started();
        desk.report();
        shown.push(step_of(&desk));
        desk.operations.clear();
        desk.world.facts.running.clear();
        desk.world.pass();
        desk.ended = 1;
        assert!(shown.len() < 100, "{shown:#?}");
    }
    assert_eq!(desk.world.cluster.status.unwrap().progress, None, "nothing is left");
    shown
}

fn step_of(desk: &Desk) -> String {
    let progress = desk.world.cluster.status.as_ref().unwrap().progress.as_ref().unwrap();
    format!("{}/{} {}", progress.completed, progress.total, progress.current)
}

#[test]
fn an_upgrade_counts_up_to_the_steps_it_had_at_first() {
    let world = cluster("")
        .pool("sys", "mode: System")
        .pool("work", "mode: User")
        .exists()
        .edit("{kubernetesVersion: '1.35', sku: {tier: Premium}}");
    let steps = [
        "update sku.tier",
        "upgrade the control plane to 1.34",
        "upgrade pool sys to 1.34.5",
        "upgrade pool work to 1.34.5",
        "upgrade the control plane to 1.35",
        "upgrade pool sys to 1.35.5",
        "upgrade pool work to 1.35.5",
    ];
    let lines = steps
        .iter()
        .enumerate()
        .flat_map(|(done, step)| std::iter::repeat_n(format!("{done}/{} {step}", steps.len()), 2));
    assert_eq!(shown(Desk::new(world)), lines.collect::<Vec<_>>());
}

#[test]
fn pools_that_change_beside_each_other_are_counted_once_each() {
    let world = cluster("")
        .pool("sys", "mode: System")
        .pool("work", "mode: User")
        .exists()
        .edit_pool("sys", "count: 2")
        .edit_pool("work", "count: 2");
    let mut desk = Desk::new(world).started().started();
    desk.report();
    assert_eq!(step_of(&desk), "0/2 update count of pool sys (and 1 more)");
}

#[test]
fn a_step_that_follows_later_work_starts_from_one_again() {
    let mut desk = Desk::new(
        cluster("")
            .pool("sys", "mode: System")
            .exists()
            .edit("sku: {tier: Premium}"),
    );
    desk.report();
    desk.world.run();
    desk.ended = 1;
    desk.report();
    let mut desk = desk.edited(|world| world.edit("sku: {tier: Standard}"));
    desk.report();
    assert_eq!(step_of(&desk), "0/1 update sku.tier");
}
