//! What there is: a table, a wall, and things on the table, which are given by distance functions.
//!
//! A distance function says how far a point is at least from a surface (negative inside), so that a
//! ray may be moved ahead by that much (sphere tracing).

use crate::vector::{Vector, mix, smoothstep, vector};

/// Where a ray ends.
pub struct Hit {
    pub point: Vector,
    pub normal: Vector,
    pub surface: Surface,
}

pub struct Surface {
    pub colour: Vector,
    /// The part of light that is mirrored when looked at straight; more at a slant (Schlick).
    pub gloss: f32,
    /// How much the mirrored light is scattered.
    pub roughness: f32,
    /// Light that isn't mirrored goes on straight, tinted by the colour.
    pub glass: bool,
}

const WALL: f32 = 2.6;
/// All distance functions' surfaces lie between these corners.
const LOW: Vector = vector(-2.2, 0.0, -1.4);
const HIGH: Vector = vector(2.5, 2.35, 1.3);

const HAT: Vector = vector(-0.62, 0.0, 0.05);
const BOTTLE: Vector = vector(1.25, 0.0, 0.55);
const TUMBLER: Vector = vector(1.62, 0.0, -0.55);

/// The first surface from `from` in the direction `to` (a unit vector).
pub fn hit(from: Vector, to: Vector) -> Option<Hit> {
    let table = if to.y < 0.0 { -from.y / to.y } else { f32::MAX };
    let wall = if to.z > 0.0 {
        (WALL - from.z) / to.z
    } else {
        f32::MAX
    };
    let limit = table.min(wall);
    if let Some(distance) = march(from, to, limit, true) {
        let point = from + to * distance;
        return Some(Hit {
            point,
            normal: normal(point),
            surface: thing(point),
        });
    }
    if limit > 60.0 {
        return None;
    }
    let point = from + to * limit;
    let (normal, surface) = if table < wall {
        (vector(0.0, 1.0, 0.0), wood(point))
    } else {
        (vector(0.0, 0.0, -1.0), paper(point))
    };
    Some(Hit {
        point,
        normal,
        surface,
    })
}

/// Whether nothing but glass is between two points.
pub fn sees(from: Vector, to: Vector) -> bool {
    let way = to - from;
    let distance = way.length();
    march(from, way * (1.0 / distance), distance, false).is_none()
}

/// How far it is to the first thing, if that is less than `limit`.
fn march(from: Vector, to: Vector, limit: f32, glass: bool) -> Option<f32> {
    let (mut distance, mut end) = (0.002_f32, limit);
    for (from, to, low, high) in [
        (from.x, to.x, LOW.x, HIGH.x),
        (from.y, to.y, LOW.y, HIGH.y),
        (from.z, to.z, LOW.z, HIGH.z),
    ] {
        let inverse = 1.0 / to;
        let (a, b) = ((low - from) * inverse, (high - from) * inverse);
        distance = distance.max(a.min(b));
        end = end.min(a.max(b));
    }
    for _ in 0..160 {
        if distance >= end {
            return None;
        }
        let step = things(from + to * distance, glass);
        if step < 0.0008 {
            return Some(distance);
        }
        // The functions below bend space a little, so that they overstate distances a little.
        distance += step * 0.7;
    }
    None
}

fn things(p: Vector, glass: bool) -> f32 {
    let solid = felt(p - HAT)
        .min(bottle(p - BOTTLE))
        .min(drink(p - TUMBLER));
    if glass {
        // A ray may be inside of it.
        solid.min(tumbler(p - TUMBLER).abs())
    } else {
        solid
    }
}

fn normal(p: Vector) -> Vector {
    let e = 0.0015;
    // The corners of a tetrahedron.
    [
        vector(1.0, -1.0, -1.0),
        vector(-1.0, -1.0, 1.0),
        vector(-1.0, 1.0, -1.0),
        vector(1.0, 1.0, 1.0),
    ]
    .into_iter()
    .fold(Vector::ZERO, |sum, corner| {
        sum + corner * things(p + corner * e, true)
    })
    .unit()
}

fn thing(p: Vector) -> Surface {
    let (hat, bottle, drink, tumbler) = (
        felt(p - HAT),
        bottle(p - BOTTLE),
        drink(p - TUMBLER),
        tumbler(p - TUMBLER),
    );
    if hat < bottle.min(drink).min(tumbler) {
        let q = turned(p - HAT);
        let ribbon = q.y > brim_height(q) + 0.05 && q.y < 0.33 && around(q) < 0.95;
        Surface {
            colour: if ribbon {
                vector(0.018, 0.018, 0.022)
            } else {
                vector(0.33, 0.075, 0.055)
            },
            gloss: if ribbon { 0.05 } else { 0.0 },
            roughness: 0.35,
            glass: false,
        }
    } else if bottle < drink.min(tumbler) {
        let q = p - BOTTLE;
        let label = q.y > 0.38 && q.y < 1.02 && q.z < 0.12;
        let line = (q.y - 0.46).abs() < 0.018 || (q.y - 0.94).abs() < 0.018;
        let seal = label && (q.y - 0.7).abs() < 0.12 && q.x.abs() < 0.12;
        let cap = q.y > 1.78;
        Surface {
            colour: match (label, line || seal, cap) {
                (true, false, _) => vector(0.72, 0.64, 0.45),
                (true, true, _) => vector(0.45, 0.05, 0.04),
                (_, _, true) => vector(0.65, 0.45, 0.14),
                _ => vector(0.012, 0.055, 0.03),
            },
            gloss: if label { 0.0 } else { 0.06 },
            roughness: if cap { 0.25 } else { 0.02 },
            glass: false,
        }
    } else if drink < tumbler {
        Surface {
            colour: vector(0.62, 0.25, 0.03),
            gloss: 0.03,
            roughness: 0.0,
            glass: false,
        }
    } else {
        Surface {
            colour: vector(0.93, 0.96, 0.95),
            gloss: 0.05,
            roughness: 0.0,
            glass: true,
        }
    }
}

/// The hat's own axes: its front is where x grows.
fn turned(p: Vector) -> Vector {
    let (sin, cos) = (-0.515, 0.857);
    vector(p.x * cos - p.z * sin, p.y, p.x * sin + p.z * cos)
}

/// The distance from the hat's axis: it is longer than wide.
fn around(q: Vector) -> f32 {
    let z = q.z * 1.2;
    (q.x * q.x + z * z).sqrt()
}

/// The brim bends up at the sides and the back, and down in front.
fn brim_height(q: Vector) -> f32 {
    let side = smoothstep(0.55, 1.25, q.z.abs() * 1.2);
    let back = smoothstep(0.6, 1.4, -q.x);
    let front = smoothstep(0.7, 1.45, q.x);
    0.10 + 0.16 * side + 0.10 * back - 0.07 * front
}

fn felt(p: Vector) -> f32 {
    let q = turned(p);
    let r = around(q);
    let brim_y = q.y - brim_height(q);
    let brim = rounded(r - 1.33, brim_y.abs() - 0.012, 0.02) * 0.8;
    // The crown narrows upwards and is higher in front.
    let top = 0.98 + 0.06 * q.x;
    let side = r - (0.80 - 0.17 * q.y);
    let mut crown = rounded(side, q.y - top, 0.14) * 0.85;
    // The crease along the top, and a dent on each side of the front.
    let x = q.x.clamp(-0.32, 0.6);
    let crease = vector((q.x - x) * 0.9, (q.y - top - 0.10) * 0.9, q.z).length() - 0.24;
    crown = carved(crown, crease, 0.12);
    let dent = vector(q.x - 0.62, (q.y - 0.88) * 0.7, q.z.abs() - 0.56).length() - 0.26;
    crown = carved(crown, dent, 0.14);
    joined(brim, crown, 0.05)
}

fn bottle(p: Vector) -> f32 {
    let r = (p.x * p.x + p.z * p.z).sqrt();
    let body = rounded(r - 0.37, (p.y - 0.62).abs() - 0.60, 0.07);
    let neck = rounded(r - 0.115, (p.y - 1.5).abs() - 0.58, 0.02);
    let ring = rounded(r - 0.14, (p.y - 1.76).abs() - 0.03, 0.015);
    joined(body, neck, 0.28).min(ring)
}

/// What is in the glass.
fn drink(p: Vector) -> f32 {
    let r = (p.x * p.x + p.z * p.z).sqrt();
    rounded(r - 0.265, (p.y - 0.21).abs() - 0.13, 0.01)
}

fn tumbler(p: Vector) -> f32 {
    let r = (p.x * p.x + p.z * p.z).sqrt();
    let outside = rounded(r - 0.31, (p.y - 0.36).abs() - 0.35, 0.02);
    let inside = rounded(r - 0.28, (p.y - 0.56).abs() - 0.49, 0.02);
    outside.max(-inside)
}

/// Both at once, with a round edge: of a distance from a side and one from a lid.
fn rounded(a: f32, b: f32, radius: f32) -> f32 {
    let (a, b) = (a + radius, b + radius);
    let outside = (a.max(0.0) * a.max(0.0) + b.max(0.0) * b.max(0.0)).sqrt();
    a.max(b).min(0.0) + outside - radius
}

/// One or the other, with the seam filled.
fn joined(a: f32, b: f32, seam: f32) -> f32 {
    let h = (seam - (a - b).abs()).max(0.0) / seam;
    a.min(b) - h * h * seam * 0.25
}

/// One without the other, with the edge taken off.
fn carved(a: f32, b: f32, edge: f32) -> f32 {
    -joined(-a, b, edge)
}

/// Varnished boards.
fn wood(p: Vector) -> Surface {
    let board = (p.z * 1.6 + 40.0).floor();
    let across = p.z * 1.6 + 40.0 - board;
    let shade = (board * 12.9898).sin() * 43_758.547;
    let shade = shade - shade.floor();
    let along = p.x + shade * 17.0;
    let wave = (along * 0.9).sin() * 0.6 + (along * 2.3 + board).sin() * 0.25;
    let grain = 0.5
        + 0.5
            * ((across * 21.0 + wave * 2.5).sin() * 0.7 + (across * 57.0 + wave * 5.0).sin() * 0.3);
    let colour = mix(
        vector(0.13, 0.052, 0.022),
        vector(0.31, 0.145, 0.06),
        0.6 * grain + 0.4 * shade,
    );
    let gap = smoothstep(0.0, 0.02, across) * smoothstep(1.0, 0.98, across);
    Surface {
        colour: colour * (0.15 + 0.85 * gap),
        gloss: 0.035,
        roughness: 0.10,
        glass: false,
    }
}

/// Striped wallpaper above a skirting of wood.
fn paper(p: Vector) -> Surface {
    let stripe = (p.x * 2.6 + 100.0).fract();
    let edge = smoothstep(0.46, 0.5, stripe) * smoothstep(1.0, 0.96, stripe);
    Surface {
        colour: mix(vector(0.10, 0.26, 0.27), vector(0.15, 0.35, 0.34), edge),
        gloss: 0.0,
        roughness: 0.0,
        glass: false,
    }
}
