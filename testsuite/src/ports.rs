//! Ports for programs that listen.

use crate::{Result, read_text};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// A port that nobody uses, and nobody is given by chance before the program that listens has begun to: it lies below those that the
/// kernel chooses from, for whoever connects or asks for any. (Who connects to one of those that nobody listens at may even be connected with
/// itself.) Another process that tests asks for others, as a rule.
pub fn free() -> Result<u16> {
    const LEAST: u32 = 10_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let range = read_text(Path::new("/proc/sys/net/ipv4/ip_local_port_range")).unwrap_or_default();
    let first = range.split_whitespace().next();
    let most: u32 = first.and_then(|first| first.parse().ok()).unwrap_or(32_768);
    // A narrow range of ours where the kernel's is wide.
    let count = most.clamp(LEAST + 1000, 65_000) - LEAST;
    let begin = std::process::id().wrapping_mul(61);
    for _ in 0..count {
        let next = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = (LEAST + next % count) as u16;
        let any = (Ipv4Addr::UNSPECIFIED, port);
        if TcpListener::bind(any).is_ok() && UdpSocket::bind(any).is_ok() {
            return Ok(port);
        }
    }
    Err("no port is free".to_owned())
}
