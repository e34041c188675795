/* How the macros `bind_NAME` of the generated headers reach hal/_handle.pyx, which takes a record from a pool. */
#ifndef HAL_BINDING_H
#define HAL_BINDING_H
#include <Python.h>

#define HAL_BINDER "hal._handle.binder"

typedef void *(*hal_binder)(
    void *kernel, PyObject *pool, const char *key, PyObject *name, const char *module, const char *record);

/* Return the memory of a record, or NULL with an exception set: by its `key`, or where that is NULL by `name`. */
static inline void *bind_record(
    void *kernel, PyObject *pool, const char *key, PyObject *name, const char *module, const char *record)
{
    hal_binder bind = (hal_binder)PyCapsule_Import(HAL_BINDER, 0);
    return bind == NULL ? NULL : bind(kernel, pool, key, name, module, record);
}

#endif
