//! Numbers, bits and logarithms.

use lakeorm::spark::functions::*;

use super::{Call, calls};

pub(super) fn calls() -> Vec<Call> {
    calls! {
        abs(lit(-3)) => "3";
        acos(lit(1.0)) => "0.0";
        acosh(lit(1.0)) => "0.0";
        asin(lit(0.0)) => "0.0";
        asinh(lit(0.0)) => "0.0";
        atan(lit(0.0)) => "0.0";
        atan2(0.0, 1.0) => "0.0";
        atanh(lit(0.0)) => "0.0";
        bin(lit(13_i64)) => "1101";
        bit_count(lit(7)) => "3";
        bit_get(lit(4), 2) => "1";
        getbit(lit(4), 1) => "0";
        bitwise_not(lit(0)) => "-1";
        bround(lit(2.5), 0) => "2.0";
        cbrt(lit(27.0)) => "3.0";
        ceil(lit(1.2)) => "2";
        ceiling(lit(-1.2)) => "-1";
        conv(lit("100"), 2, 10) => "4";
        cos(lit(0.0)) => "1.0";
        cosh(lit(0.0)) => "1.0";
        cot(lit(1.0)) as |c| round(c, 4) => "0.6421";
        csc(lit(1.0)) as |c| round(c, 4) => "1.1884";
        degrees(pi()) => "180.0";
        e() as |c| round(c, 5) => "2.71828";
        exp(lit(0.0)) => "1.0";
        expm1(lit(0.0)) => "0.0";
        factorial(lit(5)) => "120";
        floor(lit(1.8)) => "1";
        greatest([lit(1), lit(None::<i32>), lit(3)]) => "3";
        hex(lit(255_i64)) => "FF";
        hypot(3.0, 4.0) => "5.0";
        least([lit(2), lit(None::<i32>), lit(3)]) => "2";
        ln(lit(1.0)) => "0.0";
        log(lit(1.0)) => "0.0";
        log_base(2.0, lit(8.0)) => "3.0";
        log10(lit(1000.0)) => "3.0";
        log1p(lit(0.0)) => "0.0";
        log2(lit(8.0)) => "3.0";
        nanvl(lit(f64::NAN), lit(2.5)) => "2.5";
        negate(lit(3)) => "-3";
        negative(lit(-4)) => "4";
        pi() as |c| round(c, 5) => "3.14159";
        pmod(-7, 3) => "2";
        positive(lit(-4)) => "-4";
        pow(2.0, 10.0) => "1024.0";
        power(3.0, 2.0) => "9.0";
        radians(lit(180.0)) as |c| round(c, 5) => "3.14159";
        rand() as |c| c.ge(0.0).and(lit(true)) => "true";
        rand_with_seed(7_i64) as |c| c.lt(1.0) => "true";
        randn() as |c| c.is_not_null() => "true";
        randn_with_seed(7_i64) as |c| c.is_not_null() => "true";
        random() as |c| c.lt(1.0) => "true";
        random_with_seed(7_i64) as |c| c.lt(1.0) => "true";
        randstr(5) as length => "5";
        randstr_with_seed(5, 7_i64) as length => "5";
        rint(lit(2.6)) => "3.0";
        round(lit(2.345), 1) => "2.3";
        sec(lit(0.0)) => "1.0";
        shiftleft(lit(1), 4) => "16";
        shiftright(lit(-16), 2) => "-4";
        shiftrightunsigned(lit(-1), 28) => "15";
        sign(lit(-2.5)) => "-1.0";
        signum(lit(2.5)) => "1.0";
        sin(lit(0.0)) => "0.0";
        sinh(lit(0.0)) => "0.0";
        sqrt(lit(16.0)) => "4.0";
        tan(lit(0.0)) => "0.0";
        tanh(lit(0.0)) => "0.0";
        try_add(lit(i32::MAX), lit(1)) => None;
        try_divide(lit(1), lit(0)) => None;
        try_mod(lit(7), lit(0)) => None;
        try_multiply(lit(i32::MAX), lit(2)) => None;
        try_subtract(lit(i32::MIN), lit(1)) => None;
        unhex(lit("416461")) as |c| decode(c, "UTF-8") => "Ada";
        uniform(3, 4) as |c| c.between(3, 4) => "true";
        uniform_with_seed(3, 4, 7_i64) as |c| c.between(3, 4) => "true";
        width_bucket(lit(5.3), lit(0.2), lit(10.6), 5) => "3";
    }
}
