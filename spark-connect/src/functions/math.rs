//! Numbers, bits and logarithms.

functions! {
    abs(column: column) "The absolute value.";
    acos(column: column) "The inverse cosine, in radians.";
    acosh(column: column) "The inverse hyperbolic cosine.";
    asin(column: column) "The inverse sine, in radians.";
    asinh(column: column) "The inverse hyperbolic sine.";
    atan(column: column) "The inverse tangent, in radians.";
    atan2(y: number, x: number) "The angle of the point (x, y), in radians.";
    atanh(column: column) "The inverse hyperbolic tangent.";
    bin(column: column) "An integer's binary digits as text.";
    bit_count(column: column) "How many bits are set.";
    bit_get(column: column, position: number) "The bit at a position, counted from the lowest, which is 0.";
    getbit(column: column, position: number) "The bit at a position, counted from the lowest, which is 0.";
    bitwise_not(column: column) = "~" "Every bit inverted.";
    bround(column: column, scale: number)
        "Rounded to `scale` decimal places, 0 for whole numbers, halves to the even neighbour.";
    cbrt(column: column) "The cube root.";
    ceil(column: column) "The least integer that is not below the number.";
    ceil_with_scale(column: column, scale: number) = "ceil"
        "The least number of `scale` decimal places that is not below the number. Sail (0.7.2) rounds to the nearest.";
    ceiling(column: column) "The least integer that is not below the number.";
    ceiling_with_scale(column: column, scale: number) = "ceiling"
        "The least number of `scale` decimal places that is not below the number. Sail (0.7.2) rounds to the nearest.";
    conv(column: column, from_base: value, to_base: value) "A number as text, from one base to another.";
    cos(column: column) "The cosine of an angle in radians.";
    cosh(column: column) "The hyperbolic cosine.";
    cot(column: column) "The cotangent of an angle in radians.";
    csc(column: column) "The cosecant of an angle in radians.";
    degrees(column: column) "Radians as degrees.";
    e() "Euler's number.";
    exp(column: column) "Euler's number to that power.";
    expm1(column: column) "One less than Euler's number to that power, exact near zero.";
    factorial(column: column) "The product of the integers from 1 to it.";
    floor(column: column) "The greatest integer that is not above the number.";
    floor_with_scale(column: column, scale: number) = "floor"
        "The greatest number of `scale` decimal places that is not above the number. Sail (0.7.2) rounds to the nearest.";
    greatest(columns: columns) "The greatest of several columns, `NULL`s left out.";
    hex(column: column) "An integer, text or binary in hexadecimal digits.";
    hypot(x: number, y: number) "The length of the vector (x, y).";
    least(columns: columns) "The least of several columns, `NULL`s left out.";
    ln(column: column) "The natural logarithm.";
    log(column: column) = "ln" "The natural logarithm; [`log_base`] takes another base.";
    log_base(base: number, column: number) = "log" "The logarithm to a base.";
    log10(column: column) "The logarithm to base 10.";
    log1p(column: column) "The natural logarithm of one more than the number, exact near zero.";
    log2(column: column) "The logarithm to base 2.";
    nanvl(first: column, second: column) "The first, or the second where the first is `NaN`.";
    negate(column: column) = "negative" "The number with the other sign.";
    negative(column: column) "The number with the other sign.";
    pi() "The ratio of a circle's circumference to its diameter.";
    pmod(dividend: number, divisor: number) "The remainder that has the divisor's sign.";
    positive(column: column) "The number as it is.";
    pow(base: number, exponent: number) = "power" "A number to a power.";
    power(base: number, exponent: number) "A number to a power.";
    radians(column: column) "Degrees as radians.";
    rint(column: column) "The nearest integer, as a floating point number.";
    round(column: column, scale: number)
        "Rounded to `scale` decimal places, 0 for whole numbers, halves away from zero.";
    sec(column: column) "The secant of an angle in radians.";
    shiftleft(column: column, bits: value) "The bits moved to the left.";
    shiftright(column: column, bits: value) "The bits moved to the right, with the sign.";
    shiftrightunsigned(column: column, bits: value) "The bits moved to the right, without the sign.";
    sign(column: column) "-1, 0 or 1, where the number is negative, zero or positive.";
    signum(column: column) "-1, 0 or 1, where the number is negative, zero or positive.";
    sin(column: column) "The sine of an angle in radians.";
    sinh(column: column) "The hyperbolic sine.";
    sqrt(column: column) "The square root.";
    tan(column: column) "The tangent of an angle in radians.";
    tanh(column: column) "The hyperbolic tangent.";
    try_add(left: column, right: column) "The sum, `NULL` where it is too large.";
    try_divide(left: column, right: column) "The quotient, `NULL` where the divisor is zero.";
    try_mod(left: column, right: column) "The remainder, `NULL` where the divisor is zero.";
    try_multiply(left: column, right: column) "The product, `NULL` where it is too large.";
    try_subtract(left: column, right: column) "The difference, `NULL` where it is too large.";
    unhex(column: column) "Hexadecimal digits as binary.";
    width_bucket(column: column, least: column, greatest: column, buckets: number)
        "The number of the bucket of an equal-width histogram that the value falls into.";
}
