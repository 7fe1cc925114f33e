//! What a compilation shows while it runs: notes for `-v`, a bar for those who wait.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nanocc::options::{Progress, Stage, Timings};
use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write as _};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A compilation that takes less shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// Standard error, as progress.
pub struct Terminal {
    verbose: u8,
    /// There until the end if there is someone to show it to; hidden at first.
    bar: Arc<Mutex<Option<ProgressBar>>>,
}

impl Terminal {
    pub fn new(verbose: u8) -> Terminal {
        // Not with `-v`, whose lines it would tear.
        let waits = verbose == 0 && io::stderr().is_terminal();
        let bar = waits.then(ProgressBar::hidden);
        let bar = Arc::new(Mutex::new(bar));
        if waits {
            let bar = Arc::clone(&bar);
            thread::spawn(move || {
                thread::sleep(PATIENCE);
                if let Some(bar) = &*lock(&bar) {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(Duration::from_millis(100));
                }
            });
        }
        Terminal { verbose, bar }
    }

    /// Clears the bar.
    pub fn finish(&self) {
        if let Some(bar) = lock(&self.bar).take() {
            bar.finish_and_clear();
        }
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
        if let Some(bar) = &*lock(&self.bar) {
            let template = match steps {
                0 => "{spinner} {msg}",
                _ => "{msg:8} {bar:30} {pos}/{len}",
            };
            // The templates are constants: one that didn't parse would leave indicatif's own.
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_length(steps as u64);
            bar.set_position(0);
            bar.set_message(stage.to_string());
        }
    }

    fn step(&self) {
        if let Some(bar) = &*lock(&self.bar) {
            bar.inc(1);
        }
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
