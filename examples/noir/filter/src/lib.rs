//! Film noir: no colour, black shadows, white lights, little in between.

wit_bindgen::generate!({ path: "../wit", world: "picture-filter" });

mod ppm;

use exports::cyber::media::filter::Guest;

struct Noir;

impl Guest for Noir {
    fn apply_noir(image_data: Vec<u8>) -> Vec<u8> {
        let Some(picture) = ppm::parse(&image_data) else {
            return Vec::new();
        };
        let mut grey: Vec<u8> = picture.pixels.iter().map(luma).collect();
        let curve = contrast_curve(&grey);
        for sample in &mut grey {
            *sample = curve[usize::from(*sample)];
        }
        let mut encoded = format!("P5\n{} {}\n255\n", picture.width, picture.height).into_bytes();
        encoded.append(&mut grey);
        encoded
    }
}

/// A colour's light, by the weights of BT.709 in 65536ths.
fn luma(&[r, g, b]: &[u8; 3]) -> u8 {
    let [r, g, b] = [r, g, b].map(u32::from);
    ((13_933 * r + 46_871 * g + 4_732 * b + 32_768) >> 16) as u8
}

/// The darkest and the lightest hundredth of the picture become black and white; between them an S
/// (smoothstep, twice) drives the tones apart.
fn contrast_curve(grey: &[u8]) -> [u8; 256] {
    let mut histogram = [0_usize; 256];
    for &sample in grey {
        histogram[usize::from(sample)] += 1;
    }
    let black = quantile(&histogram, grey.len() / 100);
    let white = quantile(&histogram, grey.len() - 1 - grey.len() / 100);
    // A picture of one tone only has nothing to drive apart.
    let range = f32::from(white - black).max(1.0);
    std::array::from_fn(|tone| {
        let t = ((tone as f32 - f32::from(black)) / range).clamp(0.0, 1.0);
        let s = smoothstep(t);
        let noir = 0.35 * s + 0.65 * smoothstep(s);
        (noir * 255.0 + 0.5) as u8
    })
}

fn smoothstep(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// The tone of the sample that has `rank` samples before it, in order of tone.
fn quantile(histogram: &[usize; 256], rank: usize) -> u8 {
    let mut before = 0;
    for (tone, &count) in (0..=255).zip(histogram) {
        before += count;
        if before > rank {
            return tone;
        }
    }
    255
}

export!(Noir);
