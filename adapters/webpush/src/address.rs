//! Which addresses are public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range: its first address, and how many leading bits it is made of.
type Range<A> = (A, u32);

/// What is not the public internet (`reference/webpush.md` §7; IANA's special-purpose registries).
#[rustfmt::skip]
pub(crate) const V4: [Range<Ipv4Addr>; 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The same, with what wraps an address of a tunnel that nobody runs any more (Teredo, ORCHID).
#[rustfmt::skip]
pub(crate) const V6: [Range<Ipv6Addr>; 13] = [
    // Unspecified, loopback, and addresses of IPv4 in a form that was given up.
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 0), 96),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64),
    (Ipv6Addr::new(0x100, 0, 0, 1, 0, 0, 0, 0), 64),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
    // Translations on a local network.
    (Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96),
];

/// Prefixes that hold an address of IPv4, and after how many bits.
const WRAPPED: [(Range<Ipv6Addr>, u32); 3] = [
    // IPv4-mapped.
    ((Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96), 96),
    // NAT64.
    ((Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96), 96),
    // 6to4.
    ((Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), 16),
];

/// Whether an address is one of the public internet: not loopback, private, link-local,
/// unique-local, shared (CGNAT), multicast, reserved or for documents, nor one of IPv6 that holds
/// such a one of IPv4.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !V4.iter().any(|range| holds_v4(range, address)),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => is_public(IpAddr::V4(inner)),
            None => !V6.iter().any(|range| holds_v6(range, address)),
        },
    }
}

fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (_, start) = WRAPPED.iter().find(|(range, _)| holds_v6(range, address))?;
    // The 32 bits from there on.
    let shifted = address.to_bits() >> (128 - 32 - start);
    u32::try_from(shifted & u128::from(u32::MAX))
        .ok()
        .map(Ipv4Addr::from_bits)
}

fn holds_v4((first, bits): &Range<Ipv4Addr>, address: Ipv4Addr) -> bool {
    (first.to_bits() ^ address.to_bits()).leading_zeros() >= *bits
}

fn holds_v6((first, bits): &Range<Ipv6Addr>, address: Ipv6Addr) -> bool {
    (first.to_bits() ^ address.to_bits()).leading_zeros() >= *bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn both_ends_of_every_range_are_refused() {
        for (first, bits) in V4 {
            let last = first.to_bits() | u32::MAX.checked_shr(bits).unwrap_or(0);
            assert!(!is_public(first.into()), "{first}");
            assert!(!is_public(Ipv4Addr::from_bits(last).into()), "{first}");
        }
        for (first, bits) in V6 {
            let last = first.to_bits() | u128::MAX.checked_shr(bits).unwrap_or(0);
            assert!(!is_public(first.into()), "{first}");
            assert!(!is_public(Ipv6Addr::from_bits(last).into()), "{first}");
        }
    }

    #[test]
    fn what_lies_beside_them_is_public() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450:4001:830::200a",
            "2001:200::1",
            "2001:db7::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ] {
            assert!(public(text), "{text}");
        }
    }

    #[test]
    fn an_address_within_another_one_is_found() {
        for text in [
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:a9fe:a9fe",
            "64:ff9b::7f00:1",
            "64:ff9b::192.168.0.1",
            "2002:7f00:1::",
            "2002:c0a8:1::1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        ] {
            assert!(!public(text), "{text}");
        }
    }
}
