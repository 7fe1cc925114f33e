//! Verification by suspicion: everyone is a suspect, only how much of one differs.

wit_bindgen::generate!({ path: "../wit", world: "verifier" });

use exports::example::identity::identity_verification::{Guest, Suspect};

struct Paranoid;

impl Guest for Paranoid {
    fn verify(id: String) -> Result<Suspect, String> {
        if id.is_empty() {
            return Err("one who won't say a name does not pass".to_string());
        }
        // FNV-1a over the id, folded into the upper half of the scale: nobody is harmless.
        let hash = id.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        Ok(Suspect {
            id,
            threat_level: (hash >> 24) as u8 | 0x80,
        })
    }
}

export!(Paranoid);
