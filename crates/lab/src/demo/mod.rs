//! `armature-lab demo`: the operator at work on a real Kubernetes API and a simulated Azure, on this machine alone.

mod args;
mod checklist;
mod command;
mod manifests;
mod next;
mod screen;
mod stage;
mod stop;

use std::process::ExitCode;
use std::time::Instant;

pub use args::DemoArgs;

use self::checklist::Checklist;
use self::command::output;
use self::manifests::Manifests;
use self::next::Scene;
use self::stage::Stage;
use self::stop::Stops;
use crate::error::LabError;
use crate::simulator::admin::Requests;

/// Runs the demo until everything is Ready and, unless `--once` was given, until somebody ends it.
///
/// # Errors
/// When something cannot be started, ends before its time, or does not become Ready.
pub async fn run(args: DemoArgs) -> Result<ExitCode, LabError> {
    let mut stops = Stops::listen()?;
    let checklist = Checklist::stdout();
    let manifests = Manifests::read(&args.manifests)?;
    let mut stage = tokio::select! {
        stop = stops.next() => {
            checklist.head(ENDED);
            return Ok(stop.exit_code());
        }
        stage = until_ready(checklist, &args, &manifests) => stage?,
    };
    if args.once {
        return Ok(ExitCode::SUCCESS);
    }
    checklist.head("What to try next, in another terminal:");
    let tries = next::text(&Scene {
        environment: &stage.environment,
        kubeconfig: stage.control_plane.cluster().kubeconfig(),
        operator_log: stage.operator.process().log(),
        manifests: &manifests.folder,
        cluster: &manifests.cluster,
    });
    checklist::print(&format!("\n{tries}"));
    checklist.head("Ctrl-C ends the demo and everything it started.");
    checklist::print("\n");
    tokio::select! {
        // It has done what it was started for: that is no failure.
        _ = stops.next() => {}
        ended = screen::forever(&mut stage) => return ended.map(|()| ExitCode::SUCCESS),
    }
    drop(stage);
    checklist.head(ENDED);
    Ok(ExitCode::SUCCESS)
}

/// Said when everything that was started has been ended.
const ENDED: &str = "Ended. Nothing is left running.";

/// Starts everything, applies the manifests and shows how they become Ready.
async fn until_ready(checklist: Checklist, args: &DemoArgs, manifests: &Manifests) -> Result<Stage, LabError> {
    let scale = args.time_scale;
    checklist.head(&format!(
        "Armature on a real Kubernetes API and a simulated Azure whose clock runs {scale} times as fast"
    ));
    checklist::print("\n");
    let mut stage = Stage::start(checklist, scale, manifests).await?;
    let apply = format!("kubectl apply -f {}", args.manifests.display());
    checklist
        .step(&apply, |_| apply.clone(), async {
            let mut command = stage.control_plane.cluster().kubectl()?;
            command.args(["apply", "-f"]).arg(&manifests.folder);
            output(&apply, command, "").await
        })
        .await?;
    checklist::print("\n");
    let applied = Instant::now();
    let azure_then = stage.simulator.admin().clock().await?.now;
    if !screen::until_ready(&mut stage, args.patience()).await? {
        let process = stage.operator.process();
        process.keep_log();
        return Err(LabError::NeverReady {
            manifests: args.manifests.clone(),
            log: process.log().to_owned(),
            tail: process.log_tail(),
        });
    }
    let seconds = applied.elapsed().as_secs_f64();
    let admin = stage.simulator.admin();
    let azure = admin.clock().await?.now.duration_since(azure_then);
    let writes = Requests {
        writes: Some(true),
        path: Some("/subscriptions/".to_owned()),
        ..Requests::default()
    };
    let writes = admin.requests(&writes).await?.len();
    let minutes = azure.as_secs_f64() / 60.0;
    checklist.head(&format!(
        "Ready after {seconds:.0} s, in which {minutes:.0} minutes passed in Azure; {writes} calls to it were writes."
    ));
    Ok(stage)
}
