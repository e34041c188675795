def field(
    epochs: int,
    epoch_tai_ns: int,
    g_table: int,
    h_table: int,
    t_tai_ns: int,
    pos_e_m: int,
    mag_e_tesla: int,
    degree: int,
) -> None: ...
