//! Where light comes from and where it goes: a lamp behind a blind on the left, the evening on the
//! right.

use crate::geometry::{self, Hit};
use crate::vector::{Vector, smoothstep, vector};

const LAMP: Vector = vector(-9.0, 5.4, -4.6);
const LAMP_RADIUS: f32 = 0.16;
const LAMP_LIGHT: Vector = vector(360.0, 262.0, 150.0);
/// The window is in this plane of x.
const WINDOW: f32 = -3.6;
/// How many surfaces a ray is followed over.
const LIMIT: u32 = 9;

/// Random numbers (PCG), another sequence for each seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u32) -> Random {
        let mut random = Random(u64::from(seed) << 20 | 1);
        random.next();
        random.next();
        random
    }

    /// From 0 to below 1.
    pub fn next(&mut self) -> f32 {
        let state = self.0;
        self.0 = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mixed = ((state >> 18 ^ state) >> 27) as u32;
        let bits = mixed.rotate_right((state >> 59) as u32);
        (bits >> 8) as f32 / (1 << 24) as f32
    }

    /// A point of the unit sphere.
    fn direction(&mut self) -> Vector {
        let z = self.next() * 2.0 - 1.0;
        let turn = self.next() * std::f32::consts::TAU;
        let r = (1.0 - z * z).max(0.0).sqrt();
        vector(r * turn.cos(), r * turn.sin(), z)
    }
}

/// The light that arrives at `from` against the direction `to`.
pub fn arriving(mut from: Vector, mut to: Vector, random: &mut Random) -> Vector {
    let mut sum = Vector::ZERO;
    let mut part = vector(1.0, 1.0, 1.0);
    for _ in 0..LIMIT {
        let Some(hit) = geometry::hit(from, to) else {
            return sum + evening(to).tinted(part);
        };
        let surface = &hit.surface;
        let slant = (1.0 + to.dot(hit.normal)).clamp(0.0, 1.0);
        let mirrored =
            surface.gloss + (1.0 - surface.gloss) * slant * slant * slant * slant * slant;
        let outwards = if to.dot(hit.normal) < 0.0 { 1.0 } else { -1.0 };
        if surface.gloss > 0.0 && random.next() < mirrored {
            let mirror = to - hit.normal * (2.0 * to.dot(hit.normal));
            from = hit.point + hit.normal * (0.003 * outwards);
            to = (mirror + random.direction() * surface.roughness).unit();
            // What is mirrored of the lamp itself: a highlight.
            sum = sum + lamp_seen(from, to).tinted(part);
        } else if surface.glass {
            from = hit.point - hit.normal * (0.004 * outwards);
            part = part.tinted(surface.colour);
        } else {
            part = part.tinted(surface.colour);
            sum = sum + lamp_on(&hit, random).tinted(part);
            from = hit.point + hit.normal * 0.003;
            to = (hit.normal + random.direction() * 0.999).unit();
        }
    }
    sum
}

/// What the lamp sends to a surface that scatters it evenly.
fn lamp_on(hit: &Hit, random: &mut Random) -> Vector {
    let target = LAMP + random.direction() * LAMP_RADIUS;
    let way = target - hit.point;
    let square = way.dot(way);
    let slant = hit.normal.dot(way) / square.sqrt();
    let from = hit.point + hit.normal * 0.003;
    if slant <= 0.0 || !passes(from, target) || !geometry::sees(from, target) {
        return Vector::ZERO;
    }
    LAMP_LIGHT * (slant / square)
}

/// The lamp, where a mirror shows it: wider and weaker than it is, as if there were some haze.
fn lamp_seen(from: Vector, to: Vector) -> Vector {
    let way = LAMP - from;
    let near = to.dot(way.unit());
    if near < 0.985 || !passes(from, LAMP) || !geometry::sees(from, LAMP) {
        return Vector::ZERO;
    }
    LAMP_LIGHT * (0.06 * smoothstep(0.985, 0.999, near))
}

/// Whether the blind and the window's frame let light through between two points.
fn passes(from: Vector, to: Vector) -> bool {
    let at = (WINDOW - from.x) / (to.x - from.x);
    let y = from.y + (to.y - from.y) * at;
    let z = from.z + (to.z - from.z) * at;
    let slat = (y / 0.235 + 50.0).fract() < 0.46;
    let bar = (z + 0.75).abs() < 0.06;
    (0.9..4.4).contains(&y) && (-3.2..1.35).contains(&z) && !slat && !bar
}

/// The sky of the evening, and what comes back from the rest of the room.
fn evening(to: Vector) -> Vector {
    let right = smoothstep(-0.2, 1.0, to.x);
    let up = smoothstep(-0.1, 0.9, to.y);
    vector(0.035, 0.05, 0.09) + vector(0.10, 0.16, 0.34) * right + vector(0.03, 0.04, 0.07) * up
}

/// A colour as film and screen show it.
pub fn develop(light: Vector) -> [u8; 3] {
    [light.x, light.y, light.z].map(|light| {
        let light = light * 0.9;
        // Narkowicz's fit of the ACES curve.
        let film = light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14);
        let film = film.clamp(0.0, 1.0);
        // The screen's gamma.
        let screen = film.powf(1.0 / 2.2);
        (screen * 255.0 + 0.5) as u8
    })
}
