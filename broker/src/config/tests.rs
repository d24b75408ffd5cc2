//! Tests of the configuration: what is read, what is refused, and that no message shows a secret.

use super::*;

const TEXT: &str = r#"
node_id = 2
cluster_id = "test"
cluster_secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
data_dir = "data/2"

[kafka]
listen = "0.0.0.0:9093"
advertised = "localhost:9093"

[[peers]]
id = 1
kafka = "127.0.0.1:9092"
peer = "127.0.0.1:9192"

[[peers]]
id = 2
kafka = "127.0.0.1:9093"
peer = "127.0.0.1:9193"

[[peers]]
id = 3
kafka = "127.0.0.1:9094"
peer = "[::1]:9194"
"#;

fn parse(text: &str) -> Result<NodeConfig, ConfigError> {
    NodeConfig::parse(text, Path::new("node.toml"))
}

#[test]
fn a_short_file_is_enough_and_is_rendered_back_to_the_same_value() {
    let config = parse(TEXT).unwrap();
    assert_eq!(config.voters(), [1, 2, 3]);
    assert_eq!(config.peer_listen().to_string(), "127.0.0.1:9193");
    assert_eq!(
        config.advertised(config.own()).to_string(),
        "localhost:9093"
    );
    assert_eq!(
        config.advertised(&config.peers[2]).to_string(),
        "127.0.0.1:9094"
    );
    assert_eq!(parse(&config.to_toml()).unwrap(), config);
}

#[test]
fn a_problem_names_the_file_the_line_or_field_and_the_remedy() {
    let unknown = parse(&TEXT.replace("advertised", "advertized"))
        .unwrap_err()
        .to_string();
    assert!(
        unknown.contains("node.toml")
            && unknown.contains("line 9")
            && unknown.contains("advertized"),
        "{unknown}"
    );
    let port = parse(&TEXT.replace("0.0.0.0:9093", "0.0.0.0"))
        .unwrap_err()
        .to_string();
    assert!(
        port.contains("line 8") && port.contains("host:port"),
        "{port}"
    );
    let stranger = parse(&TEXT.replace("node_id = 2", "node_id = 7"))
        .unwrap_err()
        .to_string();
    assert!(
        stranger.contains("`node_id`") && stranger.contains("add its entry"),
        "{stranger}"
    );
    let plant = parse(&TEXT.replace("[kafka]", "plants = [\"no-pre-vot\"]\n[kafka]"))
        .unwrap_err()
        .to_string();
    assert!(
        plant.contains("line 7")
            && plant.contains("\"no-pre-vot\"")
            && plant.contains("no-pre-vote,"),
        "{plant}"
    );
    let twice = parse(&TEXT.replace("id = 3", "id = 1"))
        .unwrap_err()
        .to_string();
    assert!(twice.contains("`peers`"), "{twice}");
}

#[test]
fn a_node_without_a_secret_does_not_start_and_no_message_shows_one() {
    let hex = "00112233445566778899aabbccddeeff";
    let missing = TEXT.replace("cluster_secret", "#");
    for (wrong, expected) in [
        (missing, "openssl rand"),
        (TEXT.replace("ddeeff\"", "ddeef\""), "64 hexadecimal"),
        (TEXT.replace("ddeeff\"", "ddeeff"), "contains a secret"),
        (TEXT.replace("\"001122", "[\"001122"), "line 5"),
        (
            TEXT.replace(
                "cluster_secret = ",
                "cluster_secret = \"x\"\ncluster_secret = ",
            ),
            "secret",
        ),
        (
            TEXT.replace("cluster_secret", "cluster_secre"),
            "cluster_secre",
        ),
    ] {
        let error = parse(&wrong).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(expected), "{shown}");
        assert!(!shown.contains(&hex[..20]), "{shown}");
    }
    let shown = format!("{:?}", parse(TEXT).unwrap());
    assert!(
        !shown.contains(&hex[..20]) && shown.contains("not shown"),
        "{shown}"
    );
}
