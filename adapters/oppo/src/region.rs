//! China and the rest: two clouds, told apart by the registration id.

use serde::{Deserialize, Deserializer};

/// One of OPPO's two clouds. Each has a host, log-ins and tokens of its own.
///
/// ```
/// use zpns_oppo::Region;
///
/// assert_eq!(Region::of("CN_00112233445566778899aabbccddeeff"), Region::China);
/// assert_eq!(Region::of("OPPO_IN_00112233445566778899aabbccddeeff"), Region::Overseas);
/// assert_eq!("global".parse(), Ok(Region::Overseas));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Region {
    /// China's mainland: `china`, `cn`.
    China,
    /// Every other country: `overseas`, `global`, `intl`, `international`.
    Overseas,
}

/// China's older host, which every published client uses and which is not known to be switched
/// off: for [`Connection::endpoint`](zpns_core::Connection) where the newer one is not reached.
pub const LEGACY_CHINA_ENDPOINT: &str = "https://api.push.oppomobile.com";

/// Region, host, and the names it goes by (`reference/oppo.md` §1).
pub(crate) const REGIONS: [(Region, &str, &[&str]); 2] = [
    (
        Region::China,
        "https://api-push-cn.heytapmobi.com",
        &["china", "cn"],
    ),
    (
        Region::Overseas,
        "https://api-intl.push.oppomobile.com",
        &["overseas", "global", "intl", "international"],
    ),
];

/// What stands for China in a registration id.
const CHINA: &str = "CN";

impl Region {
    /// Both.
    pub const ALL: [Self; 2] = [Self::China, Self::Overseas];

    /// The one that a registration id belongs to: `[brand_][region_]<32 hex digits>`, and China
    /// where no region stands.
    pub fn of(registration_id: &str) -> Self {
        let mut parts = registration_id.split('_');
        // One more than an id has: four parts are nobody's, and so overseas.
        let parts = [parts.next(), parts.next(), parts.next(), parts.next()];
        match parts {
            [_, None, ..] | [Some(CHINA), Some(_), None, _] | [_, Some(CHINA), Some(_), None] => {
                Self::China
            }
            _ => Self::Overseas,
        }
    }

    /// The host that takes its pushes.
    pub fn endpoint(self) -> &'static str {
        let row = REGIONS.iter().find(|(region, ..)| *region == self);
        row.map_or(REGIONS[0].1, |(_, host, _)| host)
    }

    /// Its name in the config file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::China => "china",
            Self::Overseas => "overseas",
        }
    }

    /// Its position in [`ALL`](Self::ALL).
    pub(crate) const fn index(self) -> u8 {
        match self {
            Self::China => 0,
            Self::Overseas => 1,
        }
    }
}

/// One of something for each region.
#[derive(Debug, Default)]
pub(crate) struct PerRegion<T> {
    pub(crate) china: T,
    pub(crate) overseas: T,
}

impl<T> PerRegion<T> {
    pub(crate) fn of(&self, region: Region) -> &T {
        match region {
            Region::China => &self.china,
            Region::Overseas => &self.overseas,
        }
    }

    pub(crate) fn of_mut(&mut self, region: Region) -> &mut T {
        match region {
            Region::China => &mut self.china,
            Region::Overseas => &mut self.overseas,
        }
    }
}

impl std::str::FromStr for Region {
    type Err = String;

    /// By one of its names, in any case.
    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.trim().to_ascii_lowercase();
        let known = |names: &[&str]| names.contains(&name.as_str());
        let row = REGIONS.iter().find(|(_, _, names)| known(names));
        row.map(|(region, ..)| *region).ok_or_else(|| {
            let names = REGIONS.map(|(_, _, names)| names[0]).join(", ");
            format!("`{text}` is no region of OPPO's; there are: {names}")
        })
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_region() {
        let id = "00112233445566778899aabbccddeeff";
        let rows = [
            ("{}", Region::China),
            ("CN_{}", Region::China),
            ("OPPO_CN_{}", Region::China),
            ("realme_CN_{}", Region::China),
            ("IN_{}", Region::Overseas),
            ("EUEX_{}", Region::Overseas),
            ("cn_{}", Region::Overseas),
            ("OPPO_{}", Region::Overseas),
            ("OPPO_IN_{}", Region::Overseas),
            ("CN_IN_{}", Region::Overseas),
            ("OPPO_CN_x_{}", Region::Overseas),
            ("", Region::China),
        ];
        for (form, region) in rows {
            assert_eq!(Region::of(&form.replace("{}", id)), region, "{form}");
        }
    }

    #[test]
    fn every_region_has_a_host_and_its_names() {
        assert_eq!(REGIONS.map(|(region, ..)| region), Region::ALL);
        for (index, (region, host, names)) in (0..).zip(REGIONS) {
            assert_eq!(region.index(), index);
            assert_eq!(region.endpoint(), host);
            assert_eq!(names[0], region.name());
            for name in names {
                assert_eq!(name.to_uppercase().parse(), Ok(region));
            }
        }
        let error = "mars".parse::<Region>().unwrap_err();
        assert!(
            error.contains("mars") && error.contains("overseas"),
            "{error}"
        );
    }
}
