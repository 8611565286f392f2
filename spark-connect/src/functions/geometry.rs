//! Geometries and geographies.

functions! {
    st_asbinary(geometry: column) "A geometry or geography as well-known binary.";
    st_geogfromwkb(binary: column) "A geography from well-known binary.";
    st_geomfromwkb(binary: column) "A geometry from well-known binary.";
    st_setsrid(geometry: column, srid: number) "The geometry in another spatial reference system.";
    st_srid(geometry: column) "The number of the spatial reference system.";
}
