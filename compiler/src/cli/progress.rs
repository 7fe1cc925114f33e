//! What a compilation shows while it runs: notes for `-v`, a bar for those who wait.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nanocc::options::{Progress, Stage, Timings};
use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A compilation that takes less shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// Standard error, as progress.
pub struct Terminal {
    verbose: u8,
    start: Instant,
    /// Whether there is someone to show a bar to. Not with `-v`, whose lines it would tear.
    waits: bool,
    bar: Mutex<Option<ProgressBar>>,
    stage: Mutex<(Option<Stage>, usize, usize)>,
}

impl Terminal {
    pub fn new(verbose: u8) -> Terminal {
        Terminal {
            verbose,
            start: Instant::now(),
            waits: verbose == 0 && io::stderr().is_terminal(),
            bar: Mutex::new(None),
            stage: Mutex::new((None, 0, 0)),
        }
    }

    /// Clears the bar.
    pub fn finish(&self) {
        if let Some(bar) = lock(&self.bar).take() {
            bar.finish_and_clear();
        }
    }

    /// Brings the bar to the state, once the compilation has taken long enough.
    fn show(&self, stage: Option<Stage>, done: usize, steps: usize) {
        if !self.waits || self.start.elapsed() < PATIENCE {
            return;
        }
        let mut bar = lock(&self.bar);
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        // The templates are constants: one that didn't parse would leave indicatif's own.
        let template = if steps == 0 {
            "{spinner} {msg}"
        } else {
            "{msg:8} {bar:30} {pos}/{len}"
        };
        if bar.length() != Some(steps as u64)
            && let Ok(style) = ProgressStyle::with_template(template)
        {
            bar.set_style(style);
            bar.set_length(steps as u64);
        }
        if let Some(stage) = stage {
            bar.set_message(stage.to_string());
        }
        bar.set_position(done as u64);
    }
}

/// A lock whose holder panicked still guards what is only shown.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Progress for Terminal {
    fn stage(&self, stage: Stage, steps: usize) {
        if self.verbose > 0 {
            say(format_args!("nanocc: {stage}"));
        }
        *lock(&self.stage) = (Some(stage), 0, steps);
        self.show(Some(stage), 0, steps);
    }

    fn step(&self) {
        if !self.waits {
            return;
        }
        let (stage, done, steps) = {
            let mut state = lock(&self.stage);
            state.1 += 1;
            *state
        };
        self.show(stage, done, steps);
    }

    fn note(&self, text: fmt::Arguments<'_>) {
        if self.verbose > 0 {
            say(format_args!("nanocc:   {}", indented(text)));
        }
    }

    fn detail(&self, text: fmt::Arguments<'_>) {
        if self.verbose > 1 {
            say(format_args!("nanocc:   {}", indented(text)));
        }
    }
}

/// All lines of a text below the first one.
fn indented(text: fmt::Arguments<'_>) -> String {
    text.to_string().trim_end().replace('\n', "\nnanocc:     ")
}

/// A line on standard error. That nobody can read it is no reason to fail.
pub fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// The lines of `--timings`. `total` is the whole run; what no stage accounts for is a line too.
pub fn timings(read: Duration, timings: &Timings, write: Duration, total: Duration) -> String {
    let mut text = String::new();
    let mut rest = total;
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let mut line = |name: &str, time: Duration| {
        let _ = writeln!(text, "{name:<8} {:>10.3} ms", ms(time));
        rest = rest.saturating_sub(time);
    };
    line("read", read);
    for (stage, time) in timings.iter() {
        line(&stage.to_string(), time);
    }
    line("write", write);
    let other = rest;
    let _ = writeln!(text, "{:<8} {:>10.3} ms", "other", ms(other));
    let _ = writeln!(text, "{:<8} {:>10.3} ms", "total", ms(total));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timings_account_for_everything() {
        let ms = Duration::from_millis;
        let mut stages = Timings::default();
        stages.add(Stage::Compose, ms(3));
        stages.add(Stage::Graph, ms(4));
        assert_eq!(
            timings(ms(1), &stages, ms(2), ms(15)),
            "read          1.000 ms\ncompose       3.000 ms\ngraph         4.000 ms\n\
             write         2.000 ms\nother         5.000 ms\ntotal        15.000 ms\n"
        );
    }
}
