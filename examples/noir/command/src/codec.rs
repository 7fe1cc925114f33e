//! Pictures as they come and go (PNG, PNM), and as they lie in memory.

use crate::cyber::media::archive::{Format, Tones};
use image::codecs::png::{CompressionType, FilterType, PngDecoder, PngEncoder};
use image::codecs::pnm::PnmDecoder;
use image::{ColorType, ImageDecoder, ImageEncoder, ImageError};
use std::io::{Cursor, ErrorKind};

/// No picture takes more bytes in memory than this; a header may claim anything.
const LIMIT: u64 = 1 << 28;

/// What a PNG begins with.
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A picture of 8 bits a sample.
#[derive(Clone)]
pub struct Picture {
    width: u32,
    height: u32,
    samples: Vec<u8>,
    /// Red, green and blue, or else one sample a pixel.
    colour: bool,
}

/// What a format is called.
pub fn name(format: Format) -> &'static str {
    match format {
        Format::Png => "PNG",
        Format::Pnm => "PNM",
    }
}

/// Decodes the picture at the start of `data`; gives what follows it as well.
pub fn decode(data: &[u8]) -> Result<(Format, Picture, &[u8]), String> {
    if data.starts_with(PNG_SIGNATURE) {
        let (data, rest) = data.split_at(png_length(data));
        let decoder = PngDecoder::new(Cursor::new(data)).map_err(reason)?;
        Ok((Format::Png, read(decoder)?, rest))
    } else if let [b'P', b'1'..=b'7', ..] = data {
        // The decoder takes no more than the picture.
        let mut rest = data;
        let decoder = PnmDecoder::new(&mut rest).map_err(reason)?;
        let picture = read(decoder)?;
        Ok((Format::Pnm, picture, rest))
    } else if data.is_empty() {
        Err("nothing there".to_string())
    } else {
        Err("neither PNG nor PNM".to_string())
    }
}

/// Up to where the first PNG of `data` reaches: its chunks are a length, a type, so many bytes and a
/// checksum each, and the last one is an `IEND`.
fn png_length(data: &[u8]) -> usize {
    let mut at = PNG_SIGNATURE.len();
    while let Some((&length, [kind @ .., _, _, _, _])) = data
        .get(at..)
        .and_then(|chunk| chunk.get(..12)?.split_first_chunk::<4>())
    {
        let length = u32::from_be_bytes(length);
        at = at.saturating_add(length as usize).saturating_add(12);
        if kind == b"IEND" {
            break;
        }
    }
    at.min(data.len())
}

/// What is wrong, in words that the reader of a message can use.
fn reason(error: ImageError) -> String {
    match error {
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            "cut short".to_string()
        }
        error => error.to_string(),
    }
}

fn read(decoder: impl ImageDecoder) -> Result<Picture, String> {
    let (width, height) = decoder.dimensions();
    let colour = decoder.color_type();
    let size = decoder.total_bytes();
    if size > LIMIT {
        return Err(format!("{width} x {height} is too large"));
    }
    let mut bytes = vec![0; size as usize];
    decoder.read_image(&mut bytes).map_err(reason)?;
    Ok(Picture::new(width, height, colour, bytes))
}

impl Picture {
    /// From a decoder's samples: grey or coloured, with or without transparency, of one or two bytes in
    /// the machine's order.
    fn new(width: u32, height: u32, colour: ColorType, bytes: Vec<u8>) -> Picture {
        let samples = match colour {
            ColorType::L8 | ColorType::Rgb8 => bytes,
            _ => simplify(colour, &bytes),
        };
        Picture {
            width,
            height,
            samples,
            colour: colour.has_color(),
        }
    }

    /// Three samples a pixel.
    pub fn into_rgb(self) -> Picture {
        if self.colour {
            return self;
        }
        Picture {
            samples: self.samples.iter().flat_map(|&s| [s, s, s]).collect(),
            colour: true,
            ..self
        }
    }

    pub fn width(&self) -> u32 {
        self.width
    }

    pub fn height(&self) -> u32 {
        self.height
    }

    /// Equal for equal pictures, and hardly ever for others: FNV-1a of size and samples.
    pub fn digest(&self) -> u64 {
        let size = [self.width, self.height].map(u32::to_le_bytes);
        let bytes = size.as_flattened().iter().chain(&self.samples);
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    /// Mean and standard deviation of all samples.
    pub fn tones(&self) -> Tones {
        let (mut sum, mut squares) = (0_u64, 0_u64);
        for sample in self.samples.iter().copied().map(u64::from) {
            sum += sample;
            squares += sample * sample;
        }
        let count = self.samples.len().max(1) as f64;
        let mean = sum as f64 / count;
        let variance = (squares as f64 / count - mean * mean).max(0.0);
        Tones {
            light: mean.round() as u8,
            contrast: variance.sqrt().round() as u8,
        }
    }

    /// As binary PPM or PGM.
    pub fn to_pnm(&self) -> Vec<u8> {
        let kind = if self.colour { "P6" } else { "P5" };
        let mut encoded = Vec::with_capacity(self.samples.len() + 32);
        encoded.extend(format!("{kind}\n{} {}\n255\n", self.width, self.height).bytes());
        encoded.extend(&self.samples);
        encoded
    }

    /// As a file of the format.
    pub fn encode(&self, format: Format) -> Result<Vec<u8>, String> {
        if format == Format::Pnm {
            return Ok(self.to_pnm());
        }
        let mut encoded = Vec::new();
        let colour = if self.colour {
            ColorType::Rgb8
        } else {
            ColorType::L8
        };
        PngEncoder::new_with_quality(&mut encoded, CompressionType::Default, FilterType::Adaptive)
            .write_image(&self.samples, self.width, self.height, colour.into())
            .map_err(|error| error.to_string())?;
        Ok(encoded)
    }
}

/// One byte a sample, and black where the picture is transparent.
fn simplify(colour: ColorType, bytes: &[u8]) -> Vec<u8> {
    let channels = usize::from(colour.channel_count());
    let width = usize::from(colour.bytes_per_pixel()) / channels;
    let mut samples = Vec::with_capacity(bytes.len() / width);
    for pixel in bytes.chunks_exact(channels * width) {
        // The high byte of two is the second in a component's memory.
        let mut channels = pixel.chunks_exact(width).map(|sample| sample[width - 1]);
        let alpha = match colour.has_alpha() {
            true => u16::from(channels.next_back().unwrap_or(255)),
            false => 255,
        };
        samples.extend(channels.map(|sample| ((u16::from(sample) * alpha + 127) / 255) as u8));
    }
    samples
}
