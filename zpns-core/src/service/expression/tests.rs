use proptest::prelude::*;

use super::*;
use crate::model::Timestamp;
use crate::service::{Channel, Platform, PushId};

fn device() -> Device {
    let mut device = Device::new(PushId::new(), Timestamp::default());
    device.platform = Platform::Ios;
    device.locale = Some("de-CH".into());
    device.tags = ["vip", "cn", "new york"].map(String::from).into();
    device.attributes.insert("age".into(), 30.0.into());
    device.attributes.insert("city".into(), "Bern".into());
    device.attributes.insert("beta".into(), true.into());
    let now = Timestamp::default();
    device.channels.push(Channel::new("ios", "a", now));
    device.channels.push(Channel::new("fcm", "b", now));
    device
}

#[test]
fn expressions_mean_what_they_say() {
    for (text, expected) in [
        ("vip", true),
        ("beta", false),
        ("\"new york\"", true),
        ("!vip", false),
        ("!!vip", true),
        ("vip && cn", true),
        ("vip && !cn", false),
        ("nobody || vip", true),
        // `&&` binds closer than `||`, `!` closer than both.
        ("vip || vip && nobody", true),
        ("(vip || vip) && nobody", false),
        ("!nobody && nobody", false),
        ("!(nobody && nobody)", true),
        ("age == 30", true),
        ("age >= 30 && age<=30", true),
        ("age > 30", false),
        ("age < 31.5", true),
        ("age != 30", false),
        ("city == Bern", true),
        ("city == \"Bern\"", true),
        ("city < Chur", true),
        ("beta == true", true),
        ("beta != false", true),
        ("beta > false", false),
        // Without the attribute, or with another type, nothing compares.
        ("height == 3", false),
        ("height != 3", false),
        ("!(height == 3)", true),
        ("age == \"30\"", false),
        ("age != \"30\"", false),
        ("$platform == ios", true),
        ("$platform != ios", false),
        ("$environment == production", true),
        ("$locale == de-CH", true),
        ("$provider == fcm", true),
        ("$provider == apns", false),
    ] {
        let expression: Expression = text.parse().unwrap();
        assert_eq!(expression.matches(&device()), expected, "{text}");
    }
}

#[test]
fn errors_say_where_and_what_was_expected() {
    let atom = "a tag, an attribute, `!` or `(`";
    for (text, at, expected, found) in [
        ("", 1, atom, "the end"),
        ("vip &&", 7, atom, "the end"),
        ("vip && || cn", 8, atom, "`||`"),
        ("vip cn", 5, "`&&`, `||` or the end", "`cn`"),
        ("(vip", 5, "`&&`, `||` or `)`", "the end"),
        ("vip)", 4, "`&&`, `||` or the end", "`)`"),
        ("age >=", 7, "a value", "the end"),
        ("age >= && vip", 8, "a value", "`&&`"),
        ("age = 3", 5, "a word, a sign or a text in quotes", "`=`"),
        ("vip & cn", 5, "a word, a sign or a text in quotes", "`&`"),
        (
            "größe && #",
            10,
            "a word, a sign or a text in quotes",
            "`#`",
        ),
        ("\"vip", 1, "a `\"` at the end of the text", "the end"),
        ("$platform", 10, "a comparison", "the end"),
    ] {
        let error = text.parse::<Expression>().unwrap_err();
        let seen = (error.at, error.expected.as_str(), error.found.as_str());
        assert_eq!(seen, (at, expected, found), "{text}");
    }
    let error = "$phone == x".parse::<Expression>().unwrap_err();
    assert!(error.expected.contains("`$platform`"), "{error}");
}

#[test]
fn nesting_has_a_limit_instead_of_an_overflow() {
    for sign in ["!", "("] {
        let error = sign.repeat(100_000).parse::<Expression>().unwrap_err();
        assert_eq!(error.at, 65, "{error}");
    }
    let deep = format!("{}vip{}", "(".repeat(64), ")".repeat(64));
    assert_eq!(deep.parse(), Ok(Expression::Tag("vip".into())));
}

fn expressions() -> impl Strategy<Value = Expression> {
    let comparison = || proptest::sample::select(Comparison::ALL.to_vec());
    let value = prop_oneof![
        any::<bool>().prop_map(AttributeValue::Bool),
        (-1e9..1e9).prop_map(AttributeValue::Number),
        ".*".prop_map(AttributeValue::Text),
        proptest::sample::select(vec!["30", "true", "nan", "inf", "a\"b\\"])
            .prop_map(AttributeValue::from),
    ];
    let leaf = prop_oneof![
        ".*".prop_map(Expression::Tag),
        (".*", comparison(), value)
            .prop_map(|(name, comparison, value)| Expression::Attribute(name, comparison, value)),
        (
            proptest::sample::select(Property::ALL.to_vec()),
            comparison(),
            ".*",
        )
            .prop_map(|(property, comparison, value)| {
                Expression::Property(property, comparison, value)
            }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let parts = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
            parts.clone().prop_map(Expression::All),
            parts.prop_map(Expression::Any),
        ]
    })
}

proptest! {
    #[test]
    fn an_expression_is_read_back_as_it_was_written(expression in expressions()) {
        let text = expression.to_string();
        prop_assert_eq!(text.parse::<Expression>(), Ok(expression), "{}", text);
    }

    #[test]
    fn no_text_breaks_the_parser(text in ".*") {
        let _ = text.parse::<Expression>();
    }
}
