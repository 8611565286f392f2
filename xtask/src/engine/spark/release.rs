//! The lines of Spark that users have, and what is published for each.

use std::ops::RangeInclusive;

/// A line of Spark: the release of it that is run here, and what it can be joined with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its number, as in `3.5`.
    pub(crate) number: &'static str,
    pub(crate) version: &'static str,
    /// The Connect server, where the wheel is without it.
    pub(super) connect: Option<&'static str>,
    pub(super) iceberg: Option<&'static str>,
    pub(super) delta: Option<&'static str>,
    /// What reads `s3a`, where the line has both formats.
    pub(super) s3a: &'static [&'static str],
    /// The versions of Java that it runs on.
    pub(super) java: RangeInclusive<u32>,
    /// Whether it can be told which interface to listen on, and to want a token.
    pub(crate) can_be_bound: bool,
    /// Whether a session stays however many others come.
    pub(crate) keeps_sessions: bool,
}

/// What is loaded into the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// Nothing.
    Plain,
    /// Delta.
    Delta,
    /// Iceberg and Delta.
    Lake,
}

/// A line in a flavour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Release {
    /// The word for it on the command line and in file names.
    pub(crate) name: &'static str,
    pub(crate) line: &'static Line,
    pub(crate) flavour: Flavour,
}

/// No release of Spark refuses a later Java, so there is no end to what it may run on.
const ANY_LATER: u32 = u32::MAX;

/// What EMR Serverless, Glue and Athena serve. From Java 21 on every result of it fails.
static SPARK35: Line = Line {
    number: "3.5",
    version: "3.5.7",
    connect: Some("org.apache.spark:spark-connect_2.12:3.5.7"),
    iceberg: Some("org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.12.0"),
    delta: Some("io.delta:delta-spark_2.12:3.3.3"),
    s3a: &[],
    java: 17..=17,
    can_be_bound: false,
    keeps_sessions: false,
};

/// Java 24 took away what Hadoop logs in with here.
static SPARK40: Line = Line {
    number: "4.0",
    version: "4.0.5",
    connect: None,
    iceberg: Some("org.apache.iceberg:iceberg-spark-runtime-4.0_2.13:1.11.0"),
    delta: Some("io.delta:delta-spark_2.13:4.0.1"),
    s3a: &[],
    java: 17..=23,
    can_be_bound: true,
    keeps_sessions: true,
};

/// Hadoop's reader of S3 and the parts of the AWS SDK that it asks for objects with. It wants the whole SDK in one jar, of
/// 600 MB, which [`EXCLUDED`] leaves out.
static S3A: [&str; 4] = [
    "org.apache.hadoop:hadoop-aws:3.4.2",
    "software.amazon.awssdk:s3:2.29.52",
    "software.amazon.awssdk:s3-transfer-manager:2.29.52",
    "software.amazon.awssdk:apache-client:2.29.52",
];

/// What is not fetched although a package asks for it.
pub(super) const EXCLUDED: &str = "software.amazon.awssdk:bundle";

/// The newest line for which Iceberg and Delta are both published.
static SPARK41: Line = Line {
    number: "4.1",
    version: "4.1.4",
    connect: None,
    iceberg: Some("org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0"),
    delta: Some("io.delta:delta-spark_4.1_2.13:4.4.0"),
    s3a: &S3A,
    java: 17..=23,
    can_be_bound: true,
    keeps_sessions: true,
};

static SPARK42: Line = Line {
    number: "4.2",
    version: "4.2.1",
    connect: None,
    iceberg: None,
    delta: Some("io.delta:delta-spark_4.2_2.13:4.4.0"),
    s3a: &[],
    java: 17..=ANY_LATER,
    can_be_bound: true,
    keeps_sessions: true,
};

/// The newest protocol.
static SPARK43: Line = Line {
    number: "4.3",
    version: "4.3.0",
    connect: None,
    iceberg: None,
    delta: None,
    s3a: &[],
    java: 17..=ANY_LATER,
    can_be_bound: true,
    keeps_sessions: true,
};

const fn release(name: &'static str, line: &'static Line, flavour: Flavour) -> Release {
    Release { name, line, flavour }
}

/// Spark 3.5 with Iceberg and Delta.
pub(crate) const OLDEST: Release = release("spark35", &SPARK35, Flavour::Lake);

/// Spark 4.1 with Iceberg and Delta.
pub(crate) const LAKEHOUSE: Release = release("spark41", &SPARK41, Flavour::Lake);

/// Spark 4.3 without extensions.
pub(crate) const PLAIN: Release = release("spark43", &SPARK43, Flavour::Plain);

/// All of them; the first of a line is the one that the line's name alone stands for.
pub(crate) const RELEASES: [Release; 12] = [
    OLDEST,
    release("spark35-delta", &SPARK35, Flavour::Delta),
    release("spark35-plain", &SPARK35, Flavour::Plain),
    release("spark40", &SPARK40, Flavour::Lake),
    release("spark40-delta", &SPARK40, Flavour::Delta),
    release("spark40-plain", &SPARK40, Flavour::Plain),
    LAKEHOUSE,
    release("spark41-delta", &SPARK41, Flavour::Delta),
    release("spark41-plain", &SPARK41, Flavour::Plain),
    release("spark42", &SPARK42, Flavour::Delta),
    release("spark42-plain", &SPARK42, Flavour::Plain),
    PLAIN,
];

impl Flavour {
    /// The word for it on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Delta => "delta",
            Self::Lake => "lake",
        }
    }

    /// The flavour that the option `--name` chooses.
    pub(crate) fn of_option(option: &str) -> Option<Self> {
        let name = option.strip_prefix("--")?;
        [Self::Plain, Self::Delta, Self::Lake].into_iter().find(|flavour| flavour.name() == name)
    }
}

impl Release {
    /// The same line in another flavour, if it exists.
    pub(crate) fn flavoured(self, flavour: Flavour) -> Option<Self> {
        RELEASES.into_iter().find(|release| release.line == self.line && release.flavour == flavour)
    }

    /// What is fetched for it beside the wheel.
    pub(super) fn packages(self) -> Vec<&'static str> {
        let Line { connect, iceberg, delta, .. } = self.line;
        let (iceberg, delta) = match self.flavour {
            Flavour::Plain => (None, None),
            Flavour::Delta => (None, *delta),
            Flavour::Lake => (*iceberg, *delta),
        };
        [*connect, iceberg, delta].into_iter().flatten().collect()
    }

    /// Whether it reads `s3a`.
    pub(crate) fn reads_s3a(self) -> bool {
        !self.s3a().is_empty()
    }

    /// What is fetched for that.
    pub(super) fn s3a(self) -> &'static [&'static str] {
        match self.flavour {
            Flavour::Lake => self.line.s3a,
            Flavour::Plain | Flavour::Delta => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_a_name_of_its_own_and_what_its_flavour_says() {
        for release in RELEASES {
            let same = RELEASES.into_iter().filter(|other| other.name == release.name).count();
            assert_eq!(same, 1, "{}", release.name);
            let lacks = |package: Option<&str>| package.is_none();
            assert!(release.flavour != Flavour::Lake || !lacks(release.line.iceberg), "{}", release.name);
            assert!(release.flavour == Flavour::Plain || !lacks(release.line.delta), "{}", release.name);
        }
        assert_eq!(PLAIN.flavoured(Flavour::Lake), None);
        let [oldest, ..] = RELEASES;
        assert_eq!(oldest.flavoured(Flavour::Plain).unwrap().packages(), [SPARK35.connect.unwrap()]);
        let of_s3: Vec<_> = RELEASES.into_iter().filter(|release| release.reads_s3a()).collect();
        assert_eq!(of_s3, [LAKEHOUSE]);
    }
}
