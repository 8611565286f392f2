//! Geometries and geographies.

use lakeorm::spark::Column;
use lakeorm::spark::functions::*;

use super::{Call, calls};

const POINT: &str = "0101000000000000000000F03F0000000000000040";

pub(super) fn calls() -> Vec<Call> {
    let point = || unhex(lit(POINT));
    let binary = |geometry: Column| hex(st_asbinary(geometry));
    calls! {
        st_asbinary(st_geomfromwkb(point())) as hex => POINT;
        st_geogfromwkb(point()) as binary => POINT;
        st_geomfromwkb(point()) as binary => POINT;
        st_setsrid(st_geomfromwkb(point()), 3857) as st_srid => "3857";
        st_srid(st_geogfromwkb(point())) => "4326";
    }
}
