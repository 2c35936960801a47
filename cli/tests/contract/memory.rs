//! Memory does not grow with the audience.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, BufWriter, Write};

use crate::world::{World, piped};

/// The most memory that `zpns send` ever held while it sent to so many devices, in KiB.
fn peak(world: &World, vendor: &str, devices: usize) -> u64 {
    let arguments = ["--title", "T", "--tokens-from", "-"];
    let mut child = piped(&mut world.send_command(&world.config, vendor, &arguments));
    let live = world.live(vendor);
    let stem = live[..live.len() - 8].to_owned();
    let mut stdin = BufWriter::new(child.stdin.take().unwrap());
    let writer = std::thread::spawn(move || {
        for device in 0..devices {
            writeln!(stdin, "{stem}{device:08}").unwrap();
        }
        stdin.flush().unwrap();
        stdin
    });
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..devices {
        assert!(lines.next().unwrap().unwrap().contains("accepted"));
    }
    // All is sent and answered, and the process still there: stdin is open.
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let peak = peak.trim().trim_end_matches("kB").trim().parse().unwrap();
    drop(writer.join().unwrap());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    peak
}

/// Sends to so many devices and to ten times as many.
fn ten_times_the_devices_take_no_more_memory(vendor: &str, devices: usize) {
    let world = World::with(|builder| builder.keep_received(0));
    let (few, many) = (
        peak(&world, vendor, devices),
        peak(&world, vendor, 10 * devices),
    );
    assert!(
        many < few + few / 4 + 4_096,
        "{vendor}: {few} KiB for {devices}, {many} KiB for ten times as many"
    );
}

#[test]
fn ten_times_the_devices_of_a_vendor_that_takes_one_at_a_time_take_no_more_memory() {
    ten_times_the_devices_take_no_more_memory("apns", 2_000);
}

#[test]
fn ten_times_the_devices_of_a_vendor_that_takes_many_at_once_take_no_more_memory() {
    ten_times_the_devices_take_no_more_memory("vivo", 20_000);
}
