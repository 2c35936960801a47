//! Pushes of a wanted size, tokens, and the credentials that go with them.

use zpns::Notification;

/// Sizes of an APNs payload that the project is judged by.
pub const APNS_SIZES: [usize; 3] = [107, 507, 3_000];
/// The size of an FCM request's body.
pub const FCM_SIZE: usize = 400;

/// The title of every push.
pub const TITLE: &str = "Alice";
/// The app that is pushed to.
pub const TOPIC: &str = "com.example.chat";
/// The project that is pushed through.
pub const PROJECT: &str = "zpns";
/// What Google's token endpoint hands out, about as long as a real one.
pub const ACCESS_TOKEN: &str = "ya29.c.c0AY_VpZgqTn3wYk0mJr5vKxW8uE2sHdLfPaQbRiCtNoGyXzM1U4j7B9D6e\
    SlIhFkVcOpAwTgZnYqXrJmKuL3vE8sW5d2HbQxPaRfCiNtGoMyU1z4j7B9D6eSlIhFkVcOpAwTgZnYqXrJmKuL3vE8\
    sW5d2HbQxPaRfCiNtGoMyU1z4j7B9D6eSlIhFkVcOpAwTgZnYqXrJm";

/// The notification whose body is `length` characters of plain text.
pub fn notification(length: usize) -> Notification {
    Notification::alert(TITLE, text(length))
}

/// Plain text of this length, which JSON shows as it is.
pub fn text(length: usize) -> String {
    "Lunch at noon? ".chars().cycle().take(length).collect()
}

/// The length of a text with which `size_of` comes to `size`.
///
/// # Errors
/// What surrounds the text is too long for that, or its size does not grow with the text.
pub fn length_for(
    size: usize,
    mut size_of: impl FnMut(usize) -> anyhow::Result<usize>,
) -> anyhow::Result<usize> {
    let around = size_of(1)? - 1;
    let length = size.checked_sub(around).filter(|length| *length > 0);
    let Some(length) = length else {
        anyhow::bail!("{around} bytes stand around a text that should make {size} with them");
    };
    let reached = size_of(length)?;
    anyhow::ensure!(reached == size, "{reached} bytes instead of {size}");
    Ok(length)
}

/// The token of one iPhone out of very many: 64 hexadecimal digits.
pub fn apns_token(number: usize) -> String {
    format!("{number:016x}00fc13adff785122b4ad28809a3420982341241421348097")
}

/// The token of one Android phone out of very many: 163 characters.
pub fn fcm_token(number: usize) -> String {
    format!(
        "bk3RNwTe3H0:APA91b{number:016x}HPwgIpoDKCIZvvDMExUdFQ3P1ybkGFTcmq5cq8DGIEkLdSxNU6kZ8mG\
         fYqVJu3sR7tWcXe2LhBo9iNaKpQzDv4gHj1rTlEfCwUyMxZbOsIk0P6nA5dV8mQgRtYuJ7eX"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_the_form_of_their_vendor_and_differ() {
        assert_eq!(apns_token(7).len(), 64);
        assert!(apns_token(7).bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(fcm_token(7).len(), 163);
        assert_ne!(fcm_token(7), fcm_token(8));
    }

    #[test]
    fn a_text_is_found_that_makes_up_the_size() {
        assert_eq!(length_for(107, |length| Ok(length + 40)).unwrap(), 67);
        assert!(length_for(30, |length| Ok(length + 40)).is_err());
    }
}
