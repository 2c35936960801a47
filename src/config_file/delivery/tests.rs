//! The reference of the table is what the table is.

use super::*;

const REFERENCE: &str = include_str!("../delivery.md");

/// One row of the reference.
#[derive(Debug)]
struct Row {
    key: &'static str,
    kind: &'static str,
    default: &'static str,
}

fn rows() -> Vec<Row> {
    let rows = REFERENCE.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        Row {
            key: cells[1].trim_matches('`'),
            kind: cells[2],
            default: cells[3].trim_matches('`'),
        }
    })
    .collect()
}

/// The table with this value at `key`, dots and all.
fn with(key: &str, value: Value) -> toml::Table {
    let mut names = key.rsplit('.');
    let last = names.next().unwrap().to_owned();
    let innermost = toml::Table::from_iter([(last, value)]);
    names.fold(innermost, |inner, name| {
        toml::Table::from_iter([(name.to_owned(), Value::Table(inner))])
    })
}

fn read_one(key: &str, value: Value) -> Result<Delivery, Fault> {
    read(Some(Value::Table(with(key, value))), Duration::ZERO)
}

/// Every key that the table takes, by asking for one that there is not.
fn keys(place: &str) -> Vec<String> {
    let within = |name: &str| match place {
        "" => name.to_owned(),
        place => format!("{place}.{name}"),
    };
    let stray = with(&within("?"), 1.into()).try_into::<Delivery>();
    let message = stray.unwrap_err().message().to_owned();
    let Some((_, known)) = message.split_once("expected") else {
        // A map: any name is a key as far as the table knows.
        return vec![within("RULE")];
    };
    if !message.starts_with("unknown field") {
        return vec![within("RULE")];
    }
    let names = known.split('`').skip(1).step_by(2);
    names
        .flat_map(|name| {
            let name = within(name);
            let is_table = with(&name, Value::Table(toml::Table::new()))
                .try_into::<Delivery>()
                .is_ok();
            match is_table {
                true => keys(&name),
                false => vec![name],
            }
        })
        .collect()
}

#[test]
fn the_reference_names_every_key_once_and_no_other() {
    let mut documented: Vec<_> = rows().iter().map(|row| row.key.to_owned()).collect();
    let mut keys = keys("");
    documented.sort_unstable();
    keys.sort_unstable();
    assert_eq!(documented, keys);
    assert!(keys.len() > 20, "{keys:?}");
}

#[test]
fn every_default_of_the_reference_is_the_default() {
    let unset = format!("{:?}", Delivery::default());
    let mut changed = 0;
    for row in rows().iter().filter(|row| row.default != "none") {
        let line: toml::Table = format!("value = {}", row.default).parse().unwrap();
        let delivery = read_one(row.key, line["value"].clone()).unwrap();
        assert_eq!(format!("{delivery:?}"), unset, "{row:?}");
        // And the key does something.
        let other = match &line["value"] {
            Value::Integer(number) => Value::Integer(number + 1),
            Value::Float(number) => Value::Float(number / 2.0),
            Value::Boolean(on) => Value::Boolean(!on),
            _ => "targets".into(),
        };
        let delivery = read_one(row.key, other).unwrap();
        assert_ne!(format!("{delivery:?}"), unset, "{row:?}");
        changed += 1;
    }
    let without = rows().iter().filter(|row| row.default == "none").count();
    assert_eq!(changed + without, rows().len());
    let set = read_one("quota.silent_per_device", 3.into()).unwrap();
    assert_ne!(format!("{set:?}"), unset);
}

#[test]
fn every_type_of_the_reference_is_what_the_key_takes() {
    for row in rows() {
        let key = row.key.replace("RULE", "call_without_ttl");
        let (good, bad): (Vec<Value>, Vec<Value>) = match row.kind {
            "milliseconds" | "count from 1" => {
                (vec![1.into(), "7".into()], vec![0.into(), "soon".into()])
            }
            "count from 0" => (vec![0.into(), "7".into()], vec![(-1).into(), 0.5.into()]),
            "number from 0" => (vec![0.into(), 2.5.into()], vec![(-0.1).into()]),
            "number above 0" => (vec![0.1.into(), "2".into()], vec![0.into(), (-1).into()]),
            "share from 0 to 1" => (vec![0.into(), 1.into()], vec![1.1.into()]),
            "true or false" => (vec![true.into(), false.into()], vec![1.into()]),
            "`requests` or `targets`" => {
                let words = ["requests", "targets"];
                (words.map(Value::from).into(), vec!["bytes".into()])
            }
            "`error`, `warning` or `off`" => {
                let words = ["error", "warning", "off"];
                (words.map(Value::from).into(), vec!["on".into()])
            }
            other => panic!("what is `{other}`? {row:?}"),
        };
        for value in good {
            let read = read_one(&key, value.clone());
            assert!(read.is_ok(), "{key} = {value}: {read:?}");
        }
        for value in bad {
            let read = read_one(&key, value.clone());
            assert!(read.is_err(), "{key} = {value}");
        }
    }
}

#[test]
fn the_example_of_the_reference_is_read() {
    let example = REFERENCE.split("```").nth(1).unwrap();
    let example = example.strip_prefix("toml").unwrap();
    let config = crate::Config::parse(example, "push.toml").unwrap();
    let delivery = &config.providers[0].delivery;
    assert_eq!(delivery.retries.attempts, 4);
    assert_eq!(delivery.rate_per_second.map(u32::from), Some(500));
    assert_eq!(delivery.guard.share, 0.5);
    assert_eq!(delivery.quota.marketing_per_device.map(u32::from), Some(2));
}
