//! Texts and binaries.

use lakeorm::spark::functions::*;

use super::{Call, calls};

pub(super) fn calls() -> Vec<Call> {
    let mut calls = calls! {
        ascii("text") => "65";
        base64(lit("Ada")) => "QWRh";
        bit_length("word") => "24";
        btrim(lit("  Ada ")) => "Ada";
        btrim_with_characters(lit("*-Ada-"), "-*") => "Ada";
        char(lit(65)) => "A";
        char_length("text") => "12";
        character_length("text") => "12";
        chr(lit(66)) => "B";
        collate("word", "UTF8_LCASE") as |c| c.eq("ADA") => "true";
        collation("word") => "SYSTEM.BUILTIN.UTF8_BINARY";
        concat_ws("-", [col("word"), lit(None::<String>), lit("x")]) => "Ada-x";
        contains("text", lit("Love")) => "true";
        decode(lit("Ada".as_bytes().to_vec()), "UTF-8") => "Ada";
        elt([lit(2), col("text"), col("word")]) => "Ada";
        encode("word", "UTF-16BE") as hex => "004100640061";
        endswith("text", lit("lace")) => "true";
        find_in_set("word", lit("x,Ada,y")) => "2";
        format_number(lit(1234567.891), 2) => "1,234,567.89";
        format_string("%d: %s", ["id", "word"]) => "1: Ada";
        from_base32(lit("IFSGC===")) as |c| decode(c, "UTF-8") => "Ada";
        ilike("word", lit("aD_")) => "true";
        ilike_with_escape(lit("A_c"), lit("a!_c"), "!") => "true";
        initcap(lit("ada lovelace")) => "Ada Lovelace";
        instr("text", "Love") => "5";
        is_valid_utf8("word") => "true";
        jaro_winkler_similarity(lit("ABC"), lit("XYZ")) => "0.0";
        lcase("word") => "ada";
        left("text", 3) => "Ada";
        length("text") => "12";
        levenshtein(lit("kitten"), lit("sitting")) => "3";
        levenshtein_with_threshold(lit("kitten"), lit("sitting"), 2) => "-1";
        like("word", lit("A%")) => "true";
        like_with_escape(lit("Abc"), lit("A!_c"), "!") => "false";
        locate("Love", "text") => "5";
        locate_with_start("a", "text", 5) => "10";
        lower("word") => "ada";
        lpad("word", 5, "*") => "**Ada";
        ltrim(lit("  Ada ")) => "Ada ";
        ltrim_with_characters(lit("*-Ada-"), "-*") => "Ada-";
        luhn_check(lit("8112189876")) => "true";
        make_valid_utf8("word") => "Ada";
        mask(lit("Ab1-")) => "Xxn-";
        octet_length(lit("é")) => "2";
        overlay(lit("Spark SQL"), lit("_"), 6) => "Spark_SQL";
        overlay_with_length(lit("Spark SQL"), lit("ANSI "), 7, 0) => "Spark ANSI SQL";
        parse_url("url", lit("HOST")) => "spark.apache.org";
        parse_url_with_key("url", lit("QUERY"), "query") => "1";
        position(lit("Love"), "text") => "5";
        position_with_start(lit("a"), "text", 5) => "10";
        printf(lit("%s!"), ["word"]) => "Ada!";
        quote(lit("it's")) => "'it\\'s'";
        regexp("word", lit("^A")) => "true";
        regexp_count("text", lit("a")) => "2";
        regexp_extract("text", "(\\w+) (\\w+)", 2) => "Lovelace";
        regexp_extract_all(lit("1a 2b"), lit("(\\d)([a-z])"), 2) => "[a, b]";
        regexp_instr("text", lit("L")) => "5";
        regexp_like("word", lit("d")) => "true";
        regexp_replace("word", "[a-d]", "_") => "A__";
        regexp_substr("text", lit("L.v")) => "Lov";
        repeat("word", 2) => "AdaAda";
        replace("word", lit("d"), lit("b")) => "Aba";
        right("text", 4) => "lace";
    };
    calls.extend(more());
    calls
}

fn more() -> Vec<Call> {
    calls! {
        rlike("word", lit("a$")) => "true";
        rpad("word", 5, "*") => "Ada**";
        rtrim(lit(" Ada  ")) => " Ada";
        rtrim_with_characters(lit("-Ada*-"), "-*") => "-Ada";
        sentences(lit("Hi there! Good.")) => "[[Hi, there], [Good]]";
        sentences_with_locale(lit("Hi there! Good."), "en", "US") => "[[Hi, there], [Good]]";
        soundex(lit("Miller")) => "M460";
        space(lit(2)) as |c| concat_ws("|", [lit("a"), c, lit("b")]) => "a|  |b";
        split("text", " ") => "[Ada, Lovelace]";
        split_with_limit(lit("a,b,c"), ",", 2) => "[a, b,c]";
        split_part(lit("a.b.c"), lit("."), lit(2)) => "b";
        startswith("text", lit("Ada")) => "true";
        substr("text", 5) => "Lovelace";
        substr_with_length("text", 5, 4) => "Love";
        substring("text", 5, 4) => "Love";
        substring_index(lit("a.b.c"), ".", 2) => "a.b";
        to_base32(lit("Ada".as_bytes().to_vec())) => "IFSGC===";
        to_binary(lit("416461"), "hex") as |c| decode(c, "UTF-8") => "Ada";
        to_char(lit(454), lit("999")) => "454";
        to_number(lit("454"), lit("999")) => "454";
        to_varchar(lit(78.12), lit("$99.99")) => "$78.12";
        translate("word", "ad", "xy") => "Ayx";
        trim(lit(" Ada ")) => "Ada";
        trim_with_characters(lit("*-Ada-"), "-*") => "Ada";
        try_parse_url(lit("no url at all"), lit("HOST")) => None;
        try_parse_url_with_key("url", lit("QUERY"), "query") => "1";
        try_to_binary(lit("no hex"), "hex") => None;
        try_to_number(lit("no number"), lit("999")) => None;
        try_url_decode(lit("%zz")) => None;
        try_validate_utf8("word") => "Ada";
        ucase("word") => "ADA";
        unbase64(lit("QWRh")) as |c| decode(c, "UTF-8") => "Ada";
        upper("word") => "ADA";
        url_decode(lit("a%20b%2Bc")) => "a b+c";
        url_encode(lit("a b+c")) => "a+b%2Bc";
        validate_utf8("word") => "Ada";
    }
}
