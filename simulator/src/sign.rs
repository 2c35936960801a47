//! The MD5 signs that several vendors want. Nobody's security rests on them here.

use md5::{Digest as _, Md5};

/// MD5 over these parts, one after the other, in lower-case hexadecimal digits.
pub(crate) fn md5_hex<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Md5::new();
    for part in parts {
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::md5_hex;

    #[test]
    fn the_worked_examples_of_the_vendors_come_out() {
        let vivo = [
            "100000001",
            "appkey-demo",
            "1700000000000",
            "appsecret-demo",
        ];
        assert_eq!(md5_hex(vivo), "c04a8a2ae52cbc534df7e3fb473abe54");
        let meizu = [
            "alias=u1appId=100999messageJson=",
            r#"{"noticeBarInfo":{"title":"你好","content":"a=b&c"}}"#,
            "s3cr3t",
        ];
        assert_eq!(md5_hex(meizu), "2e98047555b89778f6f70e26139cff8d");
    }
}
