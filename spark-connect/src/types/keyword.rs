//! The words that decide how the text around them reads.

/// Whether an expression follows this word however it is spaced, so that a colon after it starts a named marker.
pub(crate) fn expects_expression(word: &str) -> bool {
    holds(EXPRESSION_FOLLOWS, word)
}

/// Whether the grammar lets a value follow this word, which is as likely to be the name of a column.
pub(crate) fn may_expect_value(word: &str) -> bool {
    holds(VALUE_MAY_FOLLOW, word) || holds(CLAUSES, word)
}

/// Whether a session may be told to reserve the word, so that no name is written like it.
pub(super) fn is_reserved(word: &str) -> bool {
    holds(RESERVED, word) || holds(CLAUSES, word)
}

fn holds(table: &[&str], word: &str) -> bool {
    table.iter().any(|entry| entry.eq_ignore_ascii_case(word))
}

/// A list of words, written without quotes.
macro_rules! words {
    ($($word:ident)*) => { &[$(stringify!($word)),*] };
}
pub(crate) use words;

/// `a:b` reads a JSON path out of the column `a`, and `label:` names a statement, while `WHERE :b` is a marker: what
/// tells them apart is whether the word before the colon can end an operand. Spark reserves next to nothing, so its
/// own keyword list does not answer that. These are the words of its grammar that are followed by an expression or
/// by a literal and that nobody reads a JSON path out of.
const EXPRESSION_FOLLOWS: &[&str] = words![
    ALL AND AS BETWEEN BY CASE DISTINCT DIV ELSE ELSEIF ESCAPE FOR FROM HAVING IF ILIKE IMMEDIATE IN
    INTO IS LIKE NOT OF ON OR QUALIFY REGEXP RETURN RLIKE SELECT THEN UNTIL USING WHEN WHERE WHILE
];

/// Words that begin a clause, and that people call columns by: `LIMIT :n` is a marker, and `limit:n` a path. A name that
/// is one of these is quoted, as an expression may follow the word.
const CLAUSES: &[&str] = words![DEFAULT INTERVAL LIMIT OFFSET SET VALUES];

/// Spark 4.1 takes a marker wherever its grammar wants a string or a whole number, so `COMMENT :c` is a marker, and
/// `comment:c` is a path into the column `comment`. For these words the spacing decides.
const VALUE_MAY_FOLLOW: &[&str] = words![
    AGGREGATE ARCHIVE BOTH BUCKET CATALOG CATALOGS COMMENT DATABASES DIRECTORY EXTEND FILE FUNCTIONS
    INPATH INPUTFORMAT JAR LEADING LEVEL LOCATION NAMESPACES OUTPUTFORMAT PLACING RANGE RECORDREADER
    RECORDWRITER REFRESH ROWS SCHEMAS SERDE SQLSTATE TABLES TRAILING VALUE VIEWS WITH ZONE
];

/// The other words that Spark reserves where `spark.sql.ansi.enforceReservedKeywords` says so, or in the place of an alias.
const RESERVED: &[&str] = words![
    ANTI ANY AUTHORIZATION BOTH CAST CHECK COLLATE COLLATION COLUMN CONSTRAINT CREATE CROSS
    CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER END EXCEPT EXECUTE FALSE FETCH FILTER
    FOREIGN FULL GRANT GROUP INNER INTERSECT JOIN LATERAL LEADING LEFT LOCALTIME MINUS NATURAL NULL
    ONLY ORDER OUTER OVERLAPS PERCENTILE_CONT PERCENTILE_DISC PRIMARY RECURSIVE REFERENCES RIGHT
    SEMI SESSION_USER SOME SQL TABLE TIME TO TRAILING TRUE UNION UNIQUE UNKNOWN USER WINDOW WITH
    WITHIN WITHOUT
];
