//! Plots, as SVG.

use crate::statistics::Samples;
use svg::Document;
use svg::node::element::{Line, Rectangle, Text};

/// Lengths are in pixels.
const WIDTH: f64 = 790.0;
const LEFT: f64 = 260.0;
const RIGHT: f64 = 110.0;
const TOP: f64 = 64.0;
const STEP: f64 = 30.0;
const BAR: f64 = 18.0;

const INK: &str = "#24292f";
const FAINT: &str = "#8c959f";
const OURS: &str = "#0a7d5a";
const THEIRS: &str = "#8fa3b8";

/// Names and times in microseconds: medians as bars on a logarithmic scale, the first one being nanocc's; a tick marks the 99th percentile.
pub fn medians(title: &str, bars: &[(&str, &Samples)]) -> String {
    let times = bars
        .iter()
        .flat_map(|(_, time)| [time.median(), time.quantile(0.99)]);
    let (least, most) = times.fold((f64::MAX, 1.0_f64), |(least, most), time| {
        (least.min(time), most.max(time))
    });
    // Whole powers of ten around all values.
    let first = least.max(1.0).log10().floor();
    let last = most.log10().ceil().max(first + 1.0);
    let scale = (WIDTH - LEFT - RIGHT) / (last - first);
    let at = |time: f64| LEFT + (time.max(1.0).log10() - first) * scale;

    let bottom = TOP + STEP * bars.len() as f64;
    let mut document = Document::new()
        .set("viewBox", (0, 0, WIDTH, bottom + 34.0))
        .set("width", WIDTH)
        .set("font-family", "system-ui, sans-serif")
        .set("font-size", 13)
        .set("role", "img")
        .set("aria-label", title)
        .add(
            Rectangle::new()
                .set("width", "100%")
                .set("height", "100%")
                .set("fill", "white"),
        )
        .add(
            text(title, 16.0, 26.0)
                .set("font-size", 16)
                .set("font-weight", 600),
        )
        .add(
            text(
                "median of interleaved runs, logarithmic; the tick is the 99th percentile",
                16.0,
                45.0,
            )
            .set("fill", FAINT),
        );
    for power in first as i32..=last as i32 {
        let time = 10_f64.powi(power);
        let line = Line::new()
            .set("x1", at(time))
            .set("x2", at(time))
            .set("y1", TOP - 4.0)
            .set("y2", bottom)
            .set("stroke", "#d8dee4");
        document = document.add(line).add(
            text(duration(time), at(time), bottom + 18.0)
                .set("text-anchor", "middle")
                .set("fill", FAINT),
        );
    }
    for (i, (name, time)) in bars.iter().enumerate() {
        let top = TOP + STEP * i as f64 + (STEP - BAR) / 2.0;
        let (median, p99) = (time.median(), time.quantile(0.99));
        let middle = top + BAR / 2.0;
        document = document
            .add(text(*name, LEFT - 10.0, middle + 4.5).set("text-anchor", "end"))
            .add(
                Rectangle::new()
                    .set("x", LEFT)
                    .set("y", top)
                    .set("width", at(median) - LEFT)
                    .set("height", BAR)
                    .set("fill", if i == 0 { OURS } else { THEIRS }),
            )
            .add(
                Line::new()
                    .set("x1", at(p99))
                    .set("x2", at(p99))
                    .set("y1", top)
                    .set("y2", top + BAR)
                    .set("stroke", INK)
                    .set("stroke-width", 1.5),
            )
            .add(text(
                duration(median),
                at(p99.max(median)) + 8.0,
                middle + 4.5,
            ));
    }
    document.to_string() + "\n"
}

fn text(content: impl Into<String>, x: f64, y: f64) -> Text {
    Text::new(content).set("x", x).set("y", y).set("fill", INK)
}

/// Microseconds for people.
fn duration(us: f64) -> String {
    let (value, unit) = match us {
        us if us < 999.5 => (us, "us"),
        us if us < 999_500.0 => (us / 1e3, "ms"),
        us => (us / 1e6, "s"),
    };
    if value < 9.95 && value.fract() != 0.0 {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_have_two_digits_at_least() {
        let shown = [67.4, 1.0, 999.7, 2405.0, 32013.0, 1e6].map(duration);
        assert_eq!(shown, ["67 us", "1 us", "1.0 ms", "2.4 ms", "32 ms", "1 s"]);
    }
}
