//! Renders the example's picture: a hat, a bottle and a glass in the light that a blind lets through.
//!
//!     scene [WIDTH [SAMPLES]] > picture.png
//!
//! A path tracer: from the eye through each pixel go SAMPLES rays, each of which is followed from
//! surface to surface, and at every one of them asks how much of the lamp it sees. WebAssembly's
//! arithmetic is the same everywhere, and so is the picture, to the bit.

mod geometry;
mod light;
mod vector;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use light::Random;
use std::io::Write;
use std::process::ExitCode;
use vector::{Vector, vector};

/// The size and quality of the picture that is kept.
const WIDTH: u32 = 320;
const SAMPLES: u32 = 600;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u32>());
    let numbers = (
        args.next().unwrap_or(Ok(WIDTH)),
        args.next().unwrap_or(Ok(SAMPLES)),
        args.next(),
    );
    let (Ok(width @ 4..=4096), Ok(samples @ 1..=65536), None) = numbers else {
        eprintln!("usage: scene [WIDTH [SAMPLES]] > picture.png");
        return ExitCode::FAILURE;
    };
    let height = width * 3 / 4;
    let pixels = render(width, height, samples);
    let mut encoded = Vec::new();
    let done =
        PngEncoder::new_with_quality(&mut encoded, CompressionType::Best, FilterType::Adaptive)
            .write_image(&pixels, width, height, ExtendedColorType::Rgb8)
            .map_err(|error| error.to_string())
            .and_then(|()| {
                std::io::stdout()
                    .write_all(&encoded)
                    .map_err(|error| error.to_string())
            });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("scene: {message}");
            ExitCode::FAILURE
        }
    }
}

fn render(width: u32, height: u32, samples: u32) -> Vec<u8> {
    let eye = vector(0.35, 1.75, -6.2);
    let ahead = (vector(0.0, 1.02, 0.0) - eye).unit();
    let right = vector(0.0, 1.0, 0.0).cross(ahead).unit();
    let up = ahead.cross(right);
    // Half the picture's width over its distance.
    let zoom = 0.43;
    let mut pixels = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let mut random = Random::new(y * width + x);
            let mut sum = Vector::ZERO;
            for _ in 0..samples {
                let across = (x as f32 + random.next()) / width as f32 * 2.0 - 1.0;
                let down = (y as f32 + random.next()) / height as f32 * 2.0 - 1.0;
                let to = ahead
                    + right * (across * zoom)
                    + up * (-down * zoom * height as f32 / width as f32);
                sum = sum + light::arriving(eye, to.unit(), &mut random);
            }
            pixels.extend(light::develop(sum * (1.0 / samples as f32)));
        }
    }
    pixels
}
